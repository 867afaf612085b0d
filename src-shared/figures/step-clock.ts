import type { Curve } from '../domain/runs/run-history.ts';

export interface StepClock {
  /** Seconds from the start of training to the end of a step. */
  secondsAt(step: number): number;
  /** The step (fractional) reached after `seconds`. */
  stepAt(seconds: number): number;
}

/**
 * Time by the recorded step times (`step_milliseconds`). If only every n-th step is logged or steps share a bucket,
 * their mean covers all steps since the previous value. Steps past the last value take the mean time.
 */
export function stepClock(milliseconds: Curve | undefined): StepClock {
  const steps = [-1];
  const seconds = [0];
  milliseconds?.ends.forEach((end, index) => {
    const taken = end - (steps[index] ?? -1);
    steps.push(end);
    seconds.push((seconds[index] ?? 0) + (taken * (milliseconds.mean[index] ?? 0)) / 1000);
  });
  const lastStep = steps.at(-1) ?? -1;
  const lastSeconds = seconds.at(-1) ?? 0;
  const perStep = lastStep >= 0 ? lastSeconds / (lastStep + 1) : 0;
  return {
    secondsAt: (step) =>
      step >= lastStep ? lastSeconds + (step - lastStep) * perStep : interpolate(steps, seconds, step),
    stepAt: (at) => {
      if (at < lastSeconds) return interpolate(seconds, steps, at);
      return perStep > 0 ? lastStep + (at - lastSeconds) / perStep : lastStep;
    },
  };
}

/** The value at `at` on the line through the points (`x` rising); the first value before them. */
function interpolate(x: readonly number[], y: readonly number[], at: number): number {
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const [x1 = 0, y1 = 0, x0 = x1, y0 = y1] = [x[low], y[low], x[low - 1], y[low - 1]];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}
