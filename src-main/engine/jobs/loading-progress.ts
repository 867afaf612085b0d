import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { TaskContext } from '../events.ts';
import type { LoadingOptions } from '../models/load-model.ts';
import { ProgressMeter } from '../training/progress-meter.ts';

/** Less is read in about a second. */
export const slowBytes = 2 ** 28;

/** Reports how far a base is loaded that takes more than a second, and ends the loading of a job that is cancelled. */
export function loadingProgress(context: TaskContext): LoadingOptions {
  let meter: ProgressMeter | null = null;
  return {
    async onLoading(done, total, modelBytes) {
      if (modelBytes < slowBytes) return;
      if ((await context.signal()) === 'cancel') throw new StudioError('cancelled', 'It was cancelled.');
      meter ??= new ProgressMeter(context, 'Loading the base', total, 'tensors');
      meter.at(done);
    },
  };
}
