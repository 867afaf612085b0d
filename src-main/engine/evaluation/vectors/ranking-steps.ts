import type { EngineSignal, TaskContext } from '../../events.ts';
import { ProgressMeter } from '../../training/progress-meter.ts';
import type { EvaluationSteps } from '../evaluation.ts';

/** Progress of rankings, where one takes more than a block, and their cancellation by a signal that `isEnd`. */
export function rankingSteps(
  context: TaskContext,
  isEnd: (signal: EngineSignal) => boolean = () => true,
): EvaluationSteps {
  let meter: ProgressMeter | null = null;
  return {
    onProgress: (done, total) => {
      if (meter === null && done === total) return;
      if (meter === null) {
        meter = new ProgressMeter(context, 'Ranking texts', total, 'anchors');
        meter.startAt(0);
      }
      meter.at(done);
      if (done === total) meter = null;
    },
    cancelled: async () => {
      const signal = await context.signal();
      return signal !== null && isEnd(signal);
    },
  };
}
