import type { StepTime } from './report.ts';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

export function stepTime(milliseconds: readonly number[]): StepTime {
  return { median: median(milliseconds), minimum: Math.min(...milliseconds), samples: milliseconds.length };
}

/** Mean over the timed masks of their medians and minima. */
export function meanOverMasks(byMask: ReadonlyMap<number, readonly number[]>): StepTime {
  const times = [...byMask.values()].map(stepTime);
  const mean = (pick: (time: StepTime) => number) => times.reduce((sum, time) => sum + pick(time), 0) / times.length;
  return {
    median: mean((time) => time.median),
    minimum: mean((time) => time.minimum),
    samples: times.reduce((sum, time) => sum + time.samples, 0),
  };
}
