import type { EngineResultOf, TrainTask } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { defineEngineJob } from './define-job.ts';
import { openTraining } from './open-training.ts';

/** Trains one run. Writes checkpoints/last, checkpoints/best and those of `save_steps` to the run folder. */
export async function runTrainTask(task: TrainTask, context: TaskContext): Promise<EngineResultOf<'train'>> {
  const training = await openTraining(task, task, context);
  try {
    return { kind: 'train', ...(await training.run(task, context)) };
  } finally {
    training.close();
  }
}

export const trainJob = defineEngineJob('train', runTrainTask);
