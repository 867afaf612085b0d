import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { TaskContext } from '../events.ts';
import { ProgressMeter } from '../training/progress-meter.ts';

/**
 * Reports the progress of work in phases, each with a rate of its own.
 * @param work named by the error, e.g. "merge"
 * @throws StudioError cancelled when the task is signalled
 */
export function followPhases(
  context: TaskContext,
  unit: string,
  work: string,
): (phase: string, done: number, total: number) => Promise<void> {
  let current: { readonly phase: string; readonly meter: ProgressMeter } | null = null;
  return async (phase, done, total) => {
    if (current?.phase !== phase) current = { phase, meter: new ProgressMeter(context, phase, total, unit) };
    current.meter.at(done);
    if ((await context.signal()) !== null) throw new StudioError('cancelled', `The ${work} was cancelled.`);
  };
}
