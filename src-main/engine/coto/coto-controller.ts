import type * as tf from '@tensorflow/tfjs-core';
import { type StepDraw, StepDraws } from '../../../src-shared/coto/draws.ts';
import { unitsOfGroups } from '../../../src-shared/coto/expectation.ts';
import { type Schedule, schedules } from '../../../src-shared/coto/schedules/index.ts';
import { switchesGroups } from '../../../src-shared/coto/schedules/schedule.ts';
import type { CotoSettings } from '../../../src-shared/domain/runs/coto.ts';
import type { RandomStream } from '../../../src-shared/random.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { type AdapterGroup, namesOff } from '../adapters/passes/adapter-groups.ts';
import { RankMask } from '../adapters/ranks/rank-mask.ts';
import { scheduleRows } from './schedule-rows.ts';

/**
 * The only place that switches adapters. One draw serves a whole optimizer step with all its micro-batches; evaluation and
 * inference always run with everything on, without gates (CoTo, ICML 2025, and its repository's README).
 */
export class CotoController {
  readonly groups: readonly AdapterGroup[];
  /** Names of the units of a draw, from the input up; empty where entries of the inputs are dropped. */
  readonly rows: readonly string[];
  private readonly model: AdaptedModel;
  private readonly draws: StepDraws;
  private readonly unit: Schedule['unit'];
  private readonly ranks = new RankMask();

  /** @param run its seed, and its stream of the name `coto`. */
  constructor(
    model: AdaptedModel,
    settings: CotoSettings,
    totalSteps: number,
    run: { readonly seed: number; readonly random: RandomStream },
  ) {
    this.model = model;
    this.unit = schedules[settings.schedule].unit;
    this.groups = model.groups(settings.granularity);
    this.rows = scheduleRows(
      settings,
      this.groups.map(({ name }) => name),
      model.adaptedModules().map(({ rank }) => rank),
    );
    this.draws = new StepDraws(settings, totalSteps, unitsOfGroups(this.rows), run.seed, run.random);
  }

  /** The draw of optimizer step `step` (0-based), without switching. */
  draw(step: number): StepDraw {
    return this.draws.at(step);
  }

  /** Draws what is on in optimizer step `step` (0-based) and switches the model to it. */
  drawFor(step: number): StepDraw {
    const draw = this.draw(step);
    const { model, groups } = this;
    if (this.unit === 'group') model.setActive(groups, draw.mask, draw.gates);
    if (this.unit === 'update') model.setTrained(groups, draw.mask);
    if (this.unit === 'rank') {
      const factors = draw.gates ?? Float32Array.from(draw.mask);
      this.ranks.apply(model.described.variant, model.adaptedModules(), factors);
    }
    if (this.unit === 'input') model.dropout.inputChance = 1 - draw.probability;
    return draw;
  }

  /** Variables that the step of this draw leaves alone. */
  frozen({ mask }: StepDraw): ReadonlySet<string> {
    return namesOff(this.groups, switchesGroups(this.unit) ? mask : null, 'variableNames');
  }

  /** Zeroes the gradients of the ranks that are off and restores their values. */
  completeGradients(gradients: Map<string, tf.Tensor>): void {
    this.ranks.maskGradients(gradients);
    this.ranks.restore();
  }

  everythingOn(): void {
    this.ranks.restore();
    this.model.setActive(this.groups, null);
    this.model.setTrained(this.groups, null);
    this.model.dropout.inputChance = null;
  }
}
