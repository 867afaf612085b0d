import { computeFailure } from '../compute/index.ts';
import type { EngineResult, EngineTask, TaskContext } from '../contract.ts';
import { WarmBase } from '../generation/warm-base.ts';
import { toStudioError } from '../to-studio-error.ts';
import { engineJobs } from './index.ts';

/** One task runs at a time. */
const state = { warm: new WarmBase() };

/** Runs `task` to its end. Whatever goes wrong arrives as a StudioError that says what a person can do. */
export async function runTask(task: EngineTask, context: TaskContext): Promise<EngineResult> {
  const job = engineJobs.find(({ kind }) => kind === task.kind);
  if (job === undefined) throw new RangeError(`No job of the engine does "${task.kind}".`);
  if (!job.keepsWarmBase) state.warm.release();
  try {
    return await job.run(task, context, state);
  } catch (thrown) {
    // Whatever a lost device makes fail, fails because it was lost.
    throw computeFailure() ?? toStudioError(thrown);
  }
}
