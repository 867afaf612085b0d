import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { shareText } from '../../../../src-shared/studies/trajectory/trajectory-schemas.ts';

/** Checkpoints of one run, at most, unless its own save_steps asks for more. */
const maxCheckpoints = 64;

/** A checkpoint of every run of a study. */
export interface CheckpointAt {
  /** Share as the study names it. */
  readonly share: number;
  readonly step: number;
}

/** Returns the largest `save_steps` with a checkpoint at each share; at most 1/128 of the training off where there are too many. */
export function savingInterval(shares: readonly number[], total: number): number {
  const steps = shares.map((share) => Math.max(1, Math.round(share * total))).filter((step) => step < total);
  const common = steps.reduce(greatestDivisor, 0);
  if (common === 0) return total;
  return total / common <= maxCheckpoints ? common : Math.max(1, Math.floor(total / maxCheckpoints));
}

/**
 * The checkpoints at shares of `total` steps, in ascending order, where one is saved every `interval` steps and at the end.
 * @throws StudioError refused for a share without a checkpoint within 1 % of the training, and for two shares of one checkpoint
 */
export function checkpointsAt(shares: readonly number[], total: number, interval: number): CheckpointAt[] {
  const found = shares.toSorted((one, other) => one - other).map((share) => ({ share, step: stepAt(share) }));
  for (const [at, { share, step }] of found.entries()) {
    const before = found[at - 1];
    if (before?.step !== step) continue;
    throw new StudioError(
      'refused',
      `shares: ${shareText(before.share)} and ${shareText(share)} of ${total} steps are both step ${step}.`,
      'Leave out one of them, or train for more steps.',
    ).at('shares');
  }
  return found;

  function stepAt(share: number): number {
    const exact = share * total;
    const step = Math.min(total, Math.round(exact / interval) * interval);
    // The end of the training is saved whatever the interval.
    const nearest = total - exact < Math.abs(step - exact) ? total : step;
    if (nearest >= 1 && Math.abs(nearest - exact) <= Math.max(0.5, total / 100)) return nearest;
    throw new StudioError(
      'refused',
      `shares: the runs save a checkpoint every ${interval} of ${total} steps, so there is none at ${shareText(share)} (step ${Math.round(exact)}).`,
      `Choose multiples of ${shareText(interval / total)}, or leave out save_steps of the run, so that the study sets it.`,
    ).at('shares');
  }
}

function greatestDivisor(one: number, other: number): number {
  return one === 0 ? other : greatestDivisor(other % one, one);
}
