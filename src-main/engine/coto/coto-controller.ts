import { sampleActiveGroups } from '../../../src-shared/coto/sampling.ts';
import { activationProbability } from '../../../src-shared/coto/schedule.ts';
import type { CotoSettings } from '../../../src-shared/domain/coto.ts';
import type { RandomStream } from '../../../src-shared/random.ts';
import type { AdaptedModel, AdapterGroup } from '../adapters/adapted-model.ts';

/** Which adapter groups are on for one optimizer step, and the probability they were drawn with. */
export interface CotoDraw {
  readonly probability: number;
  /** One byte a group from the input up, 1 is on. */
  readonly mask: Uint8Array;
}

/**
 * The only place that switches adapters. One draw serves a whole optimizer step with all its micro-batches; evaluation and
 * inference always run with every adapter on, without rescaling (CoTo, ICML 2025, and its repository's README).
 */
export class CotoController {
  readonly groups: readonly AdapterGroup[];
  private readonly model: AdaptedModel;
  private readonly settings: CotoSettings;
  private readonly totalSteps: number;
  private readonly random: RandomStream;

  constructor(model: AdaptedModel, settings: CotoSettings, totalSteps: number, random: RandomStream) {
    this.model = model;
    this.settings = settings;
    this.totalSteps = totalSteps;
    this.random = random;
    this.groups = model.groups(settings.granularity);
  }

  /** Draws the groups of optimizer step `step` (0-based) and switches the model to them. */
  drawFor(step: number): CotoDraw {
    const probability = activationProbability(this.settings, step, this.totalSteps);
    const mask = sampleActiveGroups(probability, this.groups.length, () => this.random.uniform());
    this.model.setActive(this.groups, mask);
    return { probability, mask };
  }

  everythingOn(): void {
    this.model.setActive(this.groups, null);
  }
}
