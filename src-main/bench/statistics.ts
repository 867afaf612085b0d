import type { StepTime } from './report.ts';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

export function stepTime(milliseconds: readonly number[]): StepTime {
  return { median: median(milliseconds), minimum: Math.min(...milliseconds), samples: milliseconds.length };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean over the timed masks of their medians and minima. */
export function meanOverMasks(byMask: ReadonlyMap<number, readonly number[]>): StepTime {
  const times = [...byMask.values()].map(stepTime);
  return {
    median: mean(times.map((time) => time.median)),
    minimum: mean(times.map((time) => time.minimum)),
    samples: times.reduce((sum, time) => sum + time.samples, 0),
  };
}

/**
 * The mean step over the masks if an adapter that is off cost nothing, and one that is on as much as without CoTo: the step of a
 * mask's lowest group alone, and for every further group that is on its share of what all groups add to the lowest of all. null
 * where no mask has the lowest of all on.
 */
export function onlyActive(
  full: StepTime,
  lowestAlone: ReadonlyMap<number, readonly number[]>,
  masks: readonly (readonly number[])[],
): StepTime | null {
  const alone = [...lowestAlone].map(([index, times]) => ({ mask: masks[index] ?? [], time: stepTime(times) }));
  const whole = alone.filter(({ mask }) => mask[0] === 1).map(({ time }) => time);
  if (whole.length === 0) return null;
  const meanOf = (kind: 'median' | 'minimum') => {
    const lowest = mean(whole.map((time) => time[kind]));
    return mean(
      alone.map(({ mask, time }) => {
        const further = mask.reduce((sum, bit) => sum + bit, 0) - 1;
        return time[kind] + (further * (full[kind] - lowest)) / Math.max(1, mask.length - 1);
      }),
    );
  };
  const samples = alone.reduce((sum, { time }) => sum + time.samples, 0);
  return { median: meanOf('median'), minimum: meanOf('minimum'), samples };
}
