import type { CotoSettings } from '../domain/runs/coto.ts';
import { RandomStream } from '../random.ts';
import { drawUnits, gatesOf } from './distribution.ts';
import { activationProbability } from './schedule.ts';
import { type Schedule, schedules } from './schedules/index.ts';
import { drawnProbability, type Units } from './schedules/schedule.ts';

/** Units that are on in one optimizer step. */
export interface StepDraw {
  /** Probability that a unit is on: p of the curve, or the expected share where the schedule does not use the curve. */
  readonly probability: number;
  /** One byte a unit from the input up, 1 is on; all on where entries of the inputs are dropped. */
  readonly mask: Uint8Array;
  /** Factors on the updates of the units; null if they are those of the mask. */
  readonly gates: Float32Array | null;
}

/** The draws of a run by step, for training and for the preview alike. */
export class StepDraws {
  private readonly settings: CotoSettings;
  private readonly totalSteps: number;
  private readonly units: Units;
  private readonly seed: number;
  private readonly random: RandomStream;

  /** @param random the run's stream of the name `coto`; draws are taken from it in the order of the steps. */
  constructor(settings: CotoSettings, totalSteps: number, units: Units, seed: number, random: RandomStream) {
    this.settings = settings;
    this.totalSteps = totalSteps;
    this.units = units;
    this.seed = seed;
    this.random = random;
  }

  /** Draws the units of optimizer step `step` (0-based). */
  at(step: number): StepDraw {
    const { settings, units } = this;
    const schedule: Schedule = schedules[settings.schedule];
    const p = activationProbability(settings, step, this.totalSteps);
    const distribution = schedule.distribution(p, units, settings);
    const probability = drawnProbability(schedule, p, distribution, settings.all_off);
    if (distribution === null) return { probability, mask: new Uint8Array(units.count).fill(1), gates: null };
    const stream = this.streamOf(schedule, step);
    const mask = drawUnits(distribution, settings.all_off, () => stream.uniform());
    const rules = { allOff: settings.all_off, rescale: settings.rescale };
    return { probability, mask, gates: gatesOf(distribution, mask, rules, () => stream.normal()) };
  }

  /** Steps of one interval share a stream of their own, so that a resumed run draws what it drew before. */
  private streamOf({ interval }: Schedule, step: number): RandomStream {
    if (interval === undefined) return this.random;
    return RandomStream.numbered(this.seed, 'coto', Math.floor(step / interval(this.settings)));
  }
}
