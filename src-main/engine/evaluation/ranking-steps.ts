import type { EngineSignal, TaskContext } from '../events.ts';
import type { EvaluationSteps } from '../outcomes/evaluation-steps.ts';
import { phaseProgress } from './phase-progress.ts';

/** Progress of rankings, where one takes more than a block, and their cancellation by a signal that `isEnd`. */
export function rankingSteps(
  context: TaskContext,
  isEnd: (signal: EngineSignal) => boolean = () => true,
): EvaluationSteps {
  return {
    onProgress: phaseProgress(context, 'Ranking texts', 'anchors'),
    cancelled: async () => {
      const signal = await context.signal();
      return signal !== null && isEnd(signal);
    },
  };
}
