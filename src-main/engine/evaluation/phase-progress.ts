import type { TaskContext } from '../events.ts';
import { ProgressMeter } from '../training/progress-meter.ts';

/** Progress of what an evaluation does beside its examples, `done` of `total` in `unit`; what is done at once is not worth a word. */
export function phaseProgress(
  context: TaskContext,
  phase: string,
  unit: string,
): (done: number, total: number) => void {
  let meter: ProgressMeter | null = null;
  return (done, total) => {
    if (meter === null && done === total) return;
    if (meter === null) {
      meter = new ProgressMeter(context, phase, total, unit);
      meter.startAt(0);
    }
    meter.at(done);
    if (done === total) meter = null;
  };
}

/** Reports progress on the class texts that images are compared with. */
export function classTextProgress(context: TaskContext): (done: number, total: number) => void {
  return phaseProgress(context, 'Encoding class texts', 'texts');
}
