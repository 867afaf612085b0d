import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig, RunFacts } from '../../../src-shared/domain/run.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { resolveComputeDtype } from '../compute/compute-dtype.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, TaskContext, TrainTask } from '../contract.ts';
import type { OpenPictures } from '../data/dataset.ts';
import { createImagePreprocessor, ImageBatcher } from '../data/image-batch.ts';
import { openPictures } from '../data/open-dataset.ts';
import { evaluationIndices, fewShotIndices } from '../data/subset.ts';
import { AdaptedModel } from '../lora/adapted-model.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { evaluateClassification } from '../training/evaluation.ts';
import { countSteps, TrainingRun, type TrainingRunParts } from '../training/training-run.ts';

/** Trains one run. The run folder gets checkpoints/last, checkpoints/best and those that `save_steps` asks for. */
export async function runTrainTask(task: TrainTask, context: TaskContext): Promise<EngineResultOf<'train'>> {
  const { config } = task;
  const choice = config.compute_backend === 'auto' ? task.compute : config.compute_backend;
  const compute = await activateCompute(choice, task.threads);
  const computeDtype = resolveComputeDtype(config.compute_dtype, compute.id, task.earlierDtype);
  context.emit({ kind: 'log', level: 'info', text: `Computing on ${compute.id}: ${compute.device}` });
  const dataset = await openPictures(task.dataset);
  const base = await loadBaseModel(task.modelDirectory, { bfloat16: computeDtype === 'bfloat16' });
  const model = new AdaptedModel(base);
  try {
    await model.createAdapter(config.adapter, {
      random: RandomStream.seeded(config.seed, 'initialisation'),
      labels: dataset.description.labels,
    });
    const parts = await assemble(task, context, model, dataset, { ...compute, computeDtype });
    const run = new TrainingRun(parts);
    if (task.resumeFrom) await run.resumeFrom(task.resumeFrom);
    return { kind: 'train', ...(await run.run()) };
  } finally {
    model.dispose();
    base.dispose();
    dataset.close();
  }
}

async function assemble(
  task: TrainTask,
  context: TaskContext,
  model: AdaptedModel,
  dataset: OpenPictures,
  compute: { id: string; threads: number; computeDtype: RunFacts['computeDtype'] },
): Promise<TrainingRunParts> {
  const { config } = task;
  const { description } = model.base;
  const preprocessor = await createImagePreprocessor(task.modelDirectory, description, dataset.description);
  const train = dataset.split('train');
  const test = dataset.split('test');
  if (test.count === 0)
    throw new StudioError(
      'invalid_input',
      'The data set has no test examples to score the run on.',
      'Add a test split.',
    );
  const trainBatcher = new ImageBatcher(train, preprocessor);
  const testBatcher = new ImageBatcher(test, preprocessor);
  const examples = trainingExamples(config, train.labels, dataset.description.labels.length);
  const evaluated = evaluationIndices(test.count, config.eval_samples);
  return {
    config,
    model,
    examples,
    totalSteps: countSteps(config, examples.length),
    loadBatch: async (indices) => {
      const { pixelValues, labels, shape } = await trainBatcher.batch(indices);
      return { inputs: { pixel_values: { shape, data: pixelValues } }, labels };
    },
    evaluate: (step) =>
      evaluateClassification(model, testBatcher, evaluated, {
        batchSize: config.per_device_eval_batch_size,
        labelCount: dataset.description.labels.length,
        labels: dataset.description.labels,
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
      }),
    runDirectory: task.runDirectory,
    baseModelName: config.model,
    context,
    facts: {
      trainableParameters: countParameters(model),
      totalParameters: description.parameterCount,
      evalExamples: evaluated.length,
      backend: compute.id,
      threads: compute.threads,
      computeDtype: compute.computeDtype,
    },
  };
}

function trainingExamples(config: RunConfig, labels: Int32Array, labelCount: number): Int32Array {
  return fewShotIndices(labels, labelCount, config.train_samples_per_class, config.data_seed ?? config.seed);
}

function countParameters(model: AdaptedModel): number {
  let count = 0;
  for (const variable of model.trainable().values()) count += variable.size;
  return count;
}
