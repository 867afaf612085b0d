import { toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { StackedModel } from '../adapters/stacked/stacked-model.ts';
import { computeFailure } from '../compute/index.ts';
import type { EngineResultOf, TrainTogetherTask } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { toStudioError } from '../to-studio-error.ts';
import { SharedPass } from '../training/shared-pass.ts';
import { stateKeeping } from '../training/state-keeping.ts';
import { defineEngineJob } from './define-job.ts';
import { openTraining, type Together } from './open-training.ts';

/**
 * Trains several runs on one base in shared passes, each with its own random streams, checkpoints, evaluations and events. A
 * run that cannot be in a stack trains beside them in passes of its own.
 */
export async function runTrainTogetherTask(
  task: TrainTogetherTask,
  context: TaskContext,
): Promise<EngineResultOf<'train-together'>> {
  const [first] = task.runs;
  if (first === undefined) throw new RangeError('There are no runs to train.');
  const contexts = task.runs.map((_, run) => contextOf(context, run));
  const all = everyone(contexts, context);
  const training = await openTraining(task, first, all);
  try {
    const pass = new SharedPass(training.base, stateKeeping(first.config), (runs) =>
      all.emit({ kind: 'log', level: 'warning', text: `Memory is short: ${runs} runs at a time from here on.` }),
    );
    const places = task.runs.map(() => pass.place());
    await Promise.all(
      task.runs.map(async (run, index) => {
        const [own = context, place] = [contexts[index], places[index]];
        const together: Together = {
          runs: task.runs.length,
          sourceFor(model: AdaptedModel) {
            const obstacle = obstacleOf(run.config) ?? StackedModel.obstacle(model);
            if (obstacle === null && place !== undefined) return place.sourceFor(model);
            own.emit({ kind: 'log', level: 'info', text: `This run takes its steps alone: ${obstacle}.` });
            place?.leave();
            return null;
          },
        };
        const ending = await training
          .run(run, own, together)
          .catch((thrown: unknown) => ({ error: toErrorValue(toStudioError(thrown)) }))
          .finally(() => place?.leave());
        if (computeFailure() === null) context.emit({ kind: 'run-ended', run: index, ending });
      }),
    );
    // A lost device ends all of them.
    const failure = computeFailure();
    if (failure !== null) throw failure;
    return { kind: 'train-together' };
  } finally {
    training.close();
  }
}

export const trainTogetherJob = defineEngineJob('train-together', runTrainTogetherTask);

function contextOf(context: TaskContext, run: number): TaskContext {
  return {
    emit: (event) => {
      if (event.kind !== 'run' && event.kind !== 'run-ended') context.emit({ kind: 'run', run, event });
    },
    signal: () => context.signal(run),
  };
}

/** The context of work that is done for all runs: it reports to each. */
function everyone(contexts: readonly TaskContext[], context: TaskContext): TaskContext {
  return {
    emit: (event) => {
      for (const own of contexts) own.emit(event);
    },
    signal: () => context.signal(),
  };
}

/** The setting of a run that keeps its steps from a shared pass; null: there is none. */
function obstacleOf({ neat_packing, head, neftune_noise_alpha, kl_coefficient }: RunConfig): string | null {
  if (kl_coefficient > 0) return 'its loss also runs the base';
  if (neftune_noise_alpha > 0) return 'its embeddings have noise';
  if (neat_packing) return 'its rows hold several texts';
  return head === 'trained' ? null : 'its head is frozen';
}
