import type { EvaluationResult } from '../../../src-shared/domain/evaluation.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, EvaluateTask, TaskContext } from '../contract.ts';
import { createImagePreprocessor, ImageBatcher } from '../data/image-batch.ts';
import { openPictures } from '../data/open-dataset.ts';
import { evaluationIndices } from '../data/subset.ts';
import { readAdapter } from '../formats/peft-adapter.ts';
import { AdaptedModel } from '../lora/adapted-model.ts';
import { scaleAdapter } from '../lora/scale-adapter.ts';
import { loadBaseModel } from '../models/load-model.ts';
import {
  type ClassificationOptions,
  classificationLogits,
  ensembleProbabilities,
  scoreProbabilities,
} from '../training/evaluation.ts';
import { ProgressMeter } from '../training/progress-meter.ts';

const BATCH_SIZE = 64;

/**
 * Scores the base (no adapter), one adapter at its weight, or the ensemble of several (the weighted mean of their
 * probabilities) on a data set's test split.
 */
export async function runEvaluateTask(task: EvaluateTask, context: TaskContext): Promise<EngineResultOf<'evaluate'>> {
  await activateCompute(task.compute, task.threads);
  const dataset = await openPictures(task.dataset);
  try {
    const base = await loadBaseModel(task.modelDirectory);
    const model = new AdaptedModel(base);
    try {
      const { description } = dataset;
      const preprocessor = await createImagePreprocessor(task.modelDirectory, base.description, description);
      const split = dataset.split('test');
      const batcher = new ImageBatcher(split, preprocessor);
      const indices = evaluationIndices(split.count, task.eval_samples);
      return { kind: 'evaluate', result: await evaluate(task, context, model, batcher, indices, description.labels) };
    } finally {
      model.dispose();
      base.dispose();
    }
  } finally {
    dataset.close();
  }
}

async function evaluate(
  task: EvaluateTask,
  context: TaskContext,
  model: AdaptedModel,
  batcher: ImageBatcher,
  indices: Int32Array,
  labels: readonly string[],
): Promise<EvaluationResult> {
  const started = performance.now();
  const passes = task.adapters.length > 0 ? task.adapters : [null];
  const meter = new ProgressMeter(context, 'Evaluating', passes.length * indices.length, 'examples');
  meter.startAt(0);
  const members: { logits: Float32Array; weight: number }[] = [];
  let truth: Int32Array = new Int32Array(0);
  for (const [pass, adapter] of passes.entries()) {
    if (adapter !== null) {
      const state = await readAdapter(adapter.directory, model.base.description);
      warnOfOtherLabels(context, adapter.directory, state.labels, labels);
      // Alone, the weight is how strongly the adapter is on; in an ensemble it is its share of the mean.
      model.loadState(passes.length === 1 ? scaleAdapter(state, adapter.weight) : state);
    }
    const options: ClassificationOptions = {
      batchSize: BATCH_SIZE,
      labelCount: labels.length,
      labels,
      onProgress: (done) => meter.at(pass * indices.length + done),
      cancelled: async () => (await context.signal()) !== null,
    };
    const outcome = await classificationLogits(model, batcher, indices, options);
    members.push({ logits: outcome.logits, weight: passes.length === 1 ? 1 : (adapter?.weight ?? 1) });
    truth = outcome.labels;
  }
  return {
    ...scoreProbabilities(ensembleProbabilities(members, labels.length), truth, labels.length),
    examples: indices.length,
    labels: [...labels],
    seconds: (performance.now() - started) / 1000,
  };
}

function warnOfOtherLabels(
  context: TaskContext,
  directory: string,
  own: readonly string[] | null,
  labels: readonly string[],
): void {
  if (own === null || own.length !== labels.length || own.every((label, index) => label === labels[index])) return;
  context.emit({
    kind: 'log',
    level: 'warning',
    text: `The head of ${directory} was trained for the labels ${own.join(', ')}; the data set has ${labels.join(', ')}.`,
  });
}
