import { computeFailure } from '../compute/index.ts';
import type { EngineResult, EngineTask } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { WarmBase } from '../generation/warm-base.ts';
import { toStudioError } from '../to-studio-error.ts';
import { engineJobs } from './index.ts';
import { TextStreams } from './text-streams.ts';

/** State of the engine; one task runs at a time, or several that write texts. */
const state = { warm: new WarmBase(), streams: new TextStreams() };

/** Runs `task` to its end. Every failure is thrown as a StudioError with a hint for the user. */
export async function runTask(task: EngineTask, context: TaskContext): Promise<EngineResult> {
  const job = engineJobs.find(({ kind }) => kind === task.kind);
  if (job === undefined) throw new RangeError(`The engine has no job for "${task.kind}".`);
  if (!job.keepsWarmBase) state.warm.release();
  try {
    return await job.run(task, context, state);
  } catch (thrown) {
    // Any failure after a lost device is due to the loss.
    throw computeFailure() ?? toStudioError(thrown);
  }
}

/** Frees the base that is kept for the next generation. */
export function releaseWarmBase(): void {
  state.warm.release();
}
