import type { CotoSettings } from '../domain/runs/coto.ts';
import { type Distribution, expectedShare, expectedSkippedShare } from './distribution.ts';
import { activationProbability } from './schedule.ts';
import { type Schedule, schedules } from './schedules/index.ts';
import { drawnProbability, switchesGroups, type Units } from './schedules/schedule.ts';

/** Steps of a longer run that are evaluated, evenly spaced. */
const maximumSteps = 512;

/** Expected effect of a schedule on the cost of a run, over its draws. */
export interface ScheduleExpectation {
  /** Mean share of the units that are on; of progressive dropout, of the entries that are kept. */
  readonly activeShare: number;
  /** Mean share of the layers that the backward pass does not reach, because nothing below them is trained. */
  readonly skippedBackward: number;
}

/** @param units of the model; at least one. */
export function expectSchedule(settings: CotoSettings, totalSteps: number, units: Units): ScheduleExpectation {
  const schedule: Schedule = schedules[settings.schedule];
  const { depth, layerCount } = units;
  const skips = switchesGroups(schedule.unit);
  const steps = Math.min(totalSteps, maximumSteps);
  let activeShare = 0;
  let skippedBackward = 0;
  for (let index = 0; index < steps; index++) {
    const step = Math.floor(((index + 0.5) * totalSteps) / steps);
    const p = activationProbability(settings, step, totalSteps);
    const distribution = schedule.distribution(p, units, settings);
    activeShare += shareOf(settings, p, distribution);
    if (distribution !== null && skips)
      skippedBackward += expectedSkippedShare(distribution, settings.all_off, depth, layerCount);
  }
  return steps === 0
    ? { activeShare: 1, skippedBackward: 0 }
    : { activeShare: activeShare / steps, skippedBackward: skippedBackward / steps };
}

/**
 * Share of the learning rate that an adapter receives, Σ rate·share / Σ rate over all steps: an adapter that is on early,
 * while the rate is high, receives more than its share of steps.
 * @param rateAt the learning rate of a step, in any unit
 * @returns null where all rates are 0
 */
export function rateWeightedShare(
  settings: CotoSettings,
  totalSteps: number,
  units: Units,
  rateAt: (step: number) => number,
): number | null {
  const schedule: Schedule = schedules[settings.schedule];
  const stride = Math.max(1, Math.floor(totalSteps / maximumSteps));
  let [received, total] = [0, 0];
  for (let step = 0; step < totalSteps; step += stride) {
    const p = activationProbability(settings, step, totalSteps);
    const rate = rateAt(step);
    received += rate * shareOf(settings, p, schedule.distribution(p, units, settings));
    total += rate;
  }
  return total === 0 ? null : received / total;
}

function shareOf({ all_off }: CotoSettings, p: number, distribution: Distribution | null): number {
  return distribution === null ? p : expectedShare(distribution, all_off);
}

/** Probability that a unit is on at `step`: p where the schedule uses the curve, else the expected share. */
export function probabilityAt(settings: CotoSettings, step: number, totalSteps: number, units: Units): number {
  const schedule: Schedule = schedules[settings.schedule];
  const p = activationProbability(settings, step, totalSteps);
  return drawnProbability(schedule, p, schedule.distribution(p, units, settings), settings.all_off);
}

/** Layers of groups by their names, from the input up, e.g. 3 of "layers.3" and of "layers.3.attention.query". */
export function unitsOfGroups(groups: readonly string[]): Units {
  const layers = groups.map(layerName);
  const order = [...new Set(layers)];
  return { count: groups.length, depth: layers.map((layer) => order.indexOf(layer)), layerCount: order.length };
}

/** A name up to its first number, which is that of the layer. */
function layerName(group: string): string {
  return /^.*?(?<=[. ]|^)\d+(?=\.|$)/.exec(group)?.[0] ?? group;
}
