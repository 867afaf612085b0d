import type { StartEngine } from '../../../src-main/backend/engine/engine-host.ts';
import { runTask } from '../../../src-main/engine/jobs/run-job.ts';
import { scriptedEngine } from '../support.ts';

/** The real engine; it counts what it is asked for, and dies once at the start of the first trainings after each of `deaths`. */
export function countingEngine(deaths: readonly number[]) {
  const left = [...deaths];
  const counts = { trainings: [] as string[], scores: 0 };
  const start: StartEngine = scriptedEngine(({ task, emit, die }) => {
    const runs = task.kind === 'train' ? [task] : task.kind === 'train-together' ? task.runs : [];
    if (runs.length > 0 && left[0] !== undefined && counts.trainings.length >= left[0]) {
      left.shift();
      die(new Error('killed'));
      throw new Error('killed');
    }
    for (const { config } of runs) {
      const { dataset, learning_rate, seed, coto } = config;
      counts.trainings.push(`${dataset} ${coto === null ? 'without' : 'coto'} ${learning_rate} ${seed}`);
    }
    return runTask(task, {
      emit(event) {
        if (event.kind === 'score') counts.scores++;
        emit(event);
      },
      signal: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return null;
      },
    });
  });
  return { start, counts };
}
