import type { EvaluationResult } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { AdaptedModel } from '../adapters/adapted-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import { scaleAdapter } from '../adapters/scale-adapter.ts';
import type { AdapterState } from '../adapters/state.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, EvaluateTask } from '../contract.ts';
import { evaluationIndices } from '../data/subset.ts';
import { forgettingOf } from '../evaluation/forgetting/forgetting-meter.ts';
import { classTextProgress } from '../evaluation/phase-progress.ts';
import { predictionLines, writePredictions } from '../evaluation/prediction-lines.ts';
import { rankingSteps } from '../evaluation/ranking-steps.ts';
import type { TaskContext } from '../events.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { ensemblePredictions, predictionsOf, scorePredictions, type TaskOutputs } from '../outcomes/index.ts';
import { openTask, type TaskOnData } from '../tasks/open-task.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { defineEngineJob } from './define-job.ts';
import { loadingProgress } from './loading-progress.ts';

const BATCH_SIZE = 64;

/**
 * Scores the base (no adapter), one adapter at its weight, or the ensemble of several (the weighted mean of their
 * probabilities) on a dataset's test split.
 */
export async function runEvaluateTask(task: EvaluateTask, context: TaskContext): Promise<EngineResultOf<'evaluate'>> {
  await activateCompute(task.compute, task.threads);
  const base = await loadBaseModel(task.modelDirectory, loadingProgress(context));
  const model = new AdaptedModel(base);
  try {
    const { modelDirectory, dataset: source, settings } = task;
    const request = { modelDirectory, model: base.description, base, source, settings, training: false };
    const opened = await openTask(request, context);
    try {
      return { kind: 'evaluate', result: await evaluate(task, context, model, opened) };
    } finally {
      opened.close();
    }
  } finally {
    model.dispose();
    base.dispose();
  }
}

export const evaluateJob = defineEngineJob('evaluate', runEvaluateTask);

async function evaluate(
  task: EvaluateTask,
  context: TaskContext,
  model: AdaptedModel,
  opened: TaskOnData,
): Promise<EvaluationResult> {
  const started = performance.now();
  const indices = evaluationIndices(opened.testCount, task.eval_samples);
  const passes = task.adapters.length > 0 ? task.adapters : [null];
  const meter = new ProgressMeter(context, 'Evaluating', passes.length * indices.length, 'examples');
  meter.startAt(0);
  const members: TaskOutputs[] = [];
  let alone: AdapterState | null = null;
  for (const [pass, adapter] of passes.entries()) {
    if (adapter !== null) {
      const state = await readAdapter(adapter.directory, model.base.description);
      warnOfOtherLabels(context, adapter.directory, state.labels, opened.labels);
      // For a single adapter, the weight scales its update; in an ensemble it is its share of the mean.
      if (passes.length === 1) alone = scaleAdapter(state, adapter.weight);
      model.loadState(alone ?? state);
    }
    members.push(
      await opened.outputs(model, indices, {
        batchSize: BATCH_SIZE,
        onTexts: classTextProgress(context),
        onProgress: (done) => meter.at(pass * indices.length + done),
        cancelled: async () => (await context.signal()) !== null,
      }),
    );
  }
  const [only] = members;
  const ranking = rankingSteps(context);
  const predictions =
    members.length === 1 && only !== undefined
      ? await predictionsOf(only, ranking)
      : await ensemblePredictions(
          members,
          task.adapters.map(({ weight }) => weight),
          ranking,
        );
  const score = scorePredictions(predictions);
  if (task.predictionsFile !== undefined)
    await writePredictions(task.predictionsFile, predictionLines(predictions, indices, opened));
  return {
    ...score,
    examples: indices.length,
    labels: [...opened.classNames],
    forgetting: alone === null ? null : await forgettingOf(alone, model.base, task, context),
    seconds: (performance.now() - started) / 1000,
  };
}

function warnOfOtherLabels(
  context: TaskContext,
  directory: string,
  own: readonly string[] | null,
  labels: readonly string[] | null,
): void {
  if (own === null || labels === null || own.length !== labels.length) return;
  if (own.every((label, index) => label === labels[index])) return;
  context.emit({
    kind: 'log',
    level: 'warning',
    text: `The head of ${directory} was trained for the labels ${own.join(', ')}; the dataset has ${labels.join(', ')}.`,
  });
}
