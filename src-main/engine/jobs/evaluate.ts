import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { EvaluationResult, PairedOutcomes } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { titled } from '../../../src-shared/format/mid-sentence.ts';
import { mcNemarTest, pairedCounts } from '../../../src-shared/statistics/mcnemar.ts';
import { mean } from '../../../src-shared/statistics/student.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { EnsembleModel } from '../adapters/model/ensemble-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import { scaleAdapter } from '../adapters/weights/scale-adapter.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, EvaluateTask } from '../contract.ts';
import { evaluationIndices } from '../data/subset.ts';
import { forgettingOf } from '../evaluation/forgetting/forgetting-meter.ts';
import { classTextProgress } from '../evaluation/phase-progress.ts';
import { predictionLines, writePredictions } from '../evaluation/prediction-lines.ts';
import { rankingSteps } from '../evaluation/ranking-steps.ts';
import type { TaskContext } from '../events.ts';
import { loadBaseModel } from '../models/load-model.ts';
import {
  ensemblePredictions,
  outcomesOf,
  predictionsOf,
  scorePredictions,
  type TaskOutputs,
  type TaskPredictions,
} from '../outcomes/index.ts';
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
  const { outputsWithoutMean } = opened.type.declaration;
  if (task.adapters.length > 1 && outputsWithoutMean !== undefined)
    throw new StudioError('refused', `${titled(outputsWithoutMean)}.`, 'Merge the weights of the adapters instead.');
  const indices = evaluationIndices(opened.testCount, task.eval_samples);
  const passes = task.adapters.length > 0 ? task.adapters : [null];
  const { against } = task;
  const passCount = passes.length + (against === undefined ? 0 : 1);
  const meter = new ProgressMeter(context, 'Evaluating', passCount * indices.length, 'examples');
  meter.startAt(0);
  const members: TaskOutputs[] = [];
  const states: AdapterState[] = [];
  const weights = task.adapters.map(({ weight }) => weight);
  const optionsOf = (pass: number, of = 1) => ({
    batchSize: BATCH_SIZE,
    onTexts: classTextProgress(context),
    onProgress: (done: number) => meter.at(pass * indices.length + of * done),
    cancelled: async () => (await context.signal()) !== null,
  });
  const outputsOf = (pass: number) => opened.outputs(model, indices, optionsOf(pass));
  const isJoint = passes.length > 1 && opened.ensembleOutputs !== undefined;
  for (const [pass, adapter] of passes.entries()) {
    if (adapter !== null) {
      const state = await readAdapter(adapter.directory, model.base.description);
      warnOfOtherLabels(context, adapter.directory, state.labels, opened.labels);
      // For a single adapter, the weight scales its update; in an ensemble it is its share of the mean.
      const used = passes.length === 1 ? scaleAdapter(state, adapter.weight) : state;
      states.push(used);
      if (!isJoint) model.loadState(used);
    }
    if (!isJoint) members.push(await outputsOf(pass));
  }
  const alone = passes.length === 1 ? (states[0] ?? null) : null;
  if (opened.ensembleOutputs !== undefined && isJoint) {
    const together = new EnsembleModel(
      model.base,
      states.map((state, at) => ({ state, weight: weights[at] ?? 0 })),
    );
    try {
      members.push(await opened.ensembleOutputs(together, indices, optionsOf(0, passes.length)));
    } finally {
      together.dispose();
    }
  }
  const [only] = members;
  const ranking = rankingSteps(context);
  const predictions =
    members.length === 1 && only !== undefined
      ? await predictionsOf(only, ranking)
      : await ensemblePredictions(members, weights, ranking);
  const score = scorePredictions(predictions);
  let paired: PairedOutcomes | null = null;
  if (against !== undefined) {
    const own = rightExamples(predictions);
    const state = await readAdapter(against.directory, model.base.description);
    warnOfOtherLabels(context, against.directory, state.labels, opened.labels);
    model.loadState(state);
    const other = rightExamples(await predictionsOf(await outputsOf(passes.length), ranking));
    const { onlyFirst, onlySecond, ...both } = pairedCounts(own, other);
    const p = mcNemarTest({ onlyFirst, onlySecond });
    paired = { name: against.name, accuracy: mean([...other]), ...both, onlyThis: onlyFirst, onlyOther: onlySecond, p };
  }
  if (task.predictionsFile !== undefined)
    await writePredictions(task.predictionsFile, predictionLines(predictions, indices, opened));
  return {
    ...score,
    examples: indices.length,
    labels: [...opened.classNames],
    ...(paired === null ? {} : { against: paired }),
    forgetting: alone === null ? null : await forgettingOf(alone, model.base, task, context),
    seconds: (performance.now() - started) / 1000,
  };
}

/** 1 for each right example, else 0. @throws StudioError refused for a task whose examples are neither */
function rightExamples(predictions: TaskPredictions): Uint8Array {
  const { correct } = outcomesOf(predictions);
  if (correct !== null) return correct;
  throw new StudioError(
    'refused',
    'McNemar’s test needs examples that are right or wrong, which this task does not have.',
    'Evaluate both adapters on their own, and compare their losses.',
  ).at('against');
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
