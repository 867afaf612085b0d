import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunInfo } from '../../../src-shared/domain/run.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { AdaptedModel } from '../adapters/adapted-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import { readAdapterOutline } from '../adapters/peft/open-adapter.ts';
import { resolveComputeDtype } from '../compute/compute-dtype.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, TaskContext, TrainTask } from '../contract.ts';
import { forgettingOf } from '../evaluation/forgetting/forgetting-meter.ts';
import { scoreOutputs } from '../evaluation/score-outputs.ts';
import type { BaseModel } from '../models/base-model.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { checkGrouping, chosenExamples } from '../tasks/chosen-examples.ts';
import { openTask, type TaskOnData } from '../tasks/open-task.ts';
import { criterionOf } from '../training/best-evaluation.ts';
import { countSteps, type TrainingOutcome, TrainingRun, type TrainingRunParts } from '../training/training-run.ts';
import { defineEngineJob } from './define-job.ts';
import { startOptions } from './start-options.ts';

/** Trains one run. Writes checkpoints/last, checkpoints/best and those of `save_steps` to the run folder. */
export async function runTrainTask(task: TrainTask, context: TaskContext): Promise<EngineResultOf<'train'>> {
  const { config } = task;
  const choice = config.compute_backend === 'auto' ? task.compute : config.compute_backend;
  const compute = await activateCompute(choice, task.threads);
  const computeDtype = resolveComputeDtype(config.compute_dtype, compute.id, task.earlierDtype);
  context.emit({ kind: 'log', level: 'info', text: `Computing on ${compute.id}: ${compute.device}` });
  const base = await loadBaseModel(task.modelDirectory, { bfloat16: computeDtype === 'bfloat16' });
  const model = new AdaptedModel(base);
  const request = { modelDirectory: task.modelDirectory, model: base.description, source: task.dataset };
  const opened = await openTask({ ...request, settings: config, split: config, training: true }, context).catch(
    (thrown) => {
      base.dispose();
      throw thrown;
    },
  );
  try {
    await model.createAdapter(config.adapter, {
      random: RandomStream.seeded(config.seed, 'initialization'),
      labels: opened.labels,
      ...(await startOptions(task, context, base, opened, 'run')),
      ...(task.resumeFrom ? { resumed: (await readAdapterOutline(task.resumeFrom, base.description)).modules } : {}),
    });
    const parts = assemble(task, context, model, opened, { ...compute, computeDtype });
    const run = new TrainingRun(parts);
    if (task.resumeFrom) await run.resumeFrom(task.resumeFrom);
    const ended = await run.run();
    return { kind: 'train', ...ended, result: await withForgetting(task, ended, base, computeDtype, context) };
  } catch (thrown) {
    // An evaluation ends between its batches.
    if (!(thrown instanceof StudioError) || thrown.code !== 'cancelled') throw thrown;
    return { kind: 'train', outcome: 'cancelled', result: null, adapterDirectory: null, adapterStep: null };
  } finally {
    model.dispose();
    base.dispose();
    opened.close();
  }
}

export const trainJob = defineEngineJob('train', runTrainTask);

/** The result with what the adapter of the run, its last or best, costs the base. */
async function withForgetting(
  task: TrainTask,
  { result, adapterDirectory }: TrainingOutcome,
  base: BaseModel,
  computeDtype: string,
  context: TaskContext,
): Promise<TrainingOutcome['result']> {
  if (result === null || adapterDirectory === null || task.forgetting === undefined) return result;
  const state = await readAdapter(adapterDirectory, base.description);
  return { ...result, forgetting: await forgettingOf(state, base, { ...task, computeDtype }, context) };
}

function assemble(
  task: TrainTask,
  context: TaskContext,
  model: AdaptedModel,
  opened: TaskOnData,
  compute: { id: string; threads: number; computeDtype: RunInfo['computeDtype'] },
): TrainingRunParts {
  const { config } = task;
  checkGrouping(config, opened.type);
  const { train: examples, test: evaluated } = chosenExamples(config, opened);
  return {
    config,
    model,
    examples,
    lengthOf: opened.train.lengthOf,
    totalSteps: countSteps(config, examples.length),
    criterion: criterionOf(config, opened.type, opened.metrics),
    loadBatch: opened.train.load,
    evaluate: async (step) => {
      const outputs = await opened.outputs(model, evaluated, {
        batchSize: config.per_device_eval_batch_size,
        cancelled: async () => (await context.signal()) === 'cancel',
        onProgress: (done, total) =>
          context.emit({
            kind: 'progress',
            progress: {
              phase: `Evaluating at step ${step}`,
              done,
              total,
              unit: 'examples',
              perSecond: null,
              etaSeconds: null,
            },
          }),
      });
      return scoreOutputs(outputs);
    },
    runDirectory: task.runDirectory,
    baseModelName: config.model,
    context,
    facts: {
      trainableParameters: countParameters(model),
      totalParameters: model.base.description.parameterCount,
      evalExamples: evaluated.length,
      backend: compute.id,
      threads: compute.threads,
      computeDtype: compute.computeDtype,
    },
  };
}

function countParameters(model: AdaptedModel): number {
  let count = 0;
  for (const variable of model.trainable().values()) count += variable.size;
  return count;
}
