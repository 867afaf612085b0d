import type { EvaluationResult } from '../../../src-shared/domain/evaluation.ts';
import { countEntities, entityScores } from '../metrics/entities.ts';
import { scoreOutcome } from '../metrics/index.ts';
import type { Outcome } from '../metrics/metric.ts';
import {
  ensemblePredictions,
  isRight,
  namedTags,
  outcomesOf,
  predictionsOf,
  type TagPredictions,
  type TaskPredictions,
} from '../outcomes/index.ts';
import type { SpanPredictions } from '../outcomes/spans.ts';
import { type EvaluationSteps, negativeLog, scoreProbabilities } from './evaluation.ts';
import type { PreferenceOutputs, TaskOutputs, TokenOutputs } from './task-outputs.ts';

/** The loss is the mean over examples in nats (for tokens: over tokens, for tags: over words), for regression the mean squared error. */
export type TaskScore = Pick<EvaluationResult, 'accuracy' | 'loss' | 'confusion' | 'metrics' | 'entities'>;

/** @throws StudioError cancelled */
export async function scoreOutputs(outputs: TaskOutputs, steps: EvaluationSteps = {}): Promise<TaskScore> {
  return scorePredictions(await predictionsOf(outputs, steps));
}

/**
 * Scores an ensemble of models on the same examples: the weighted mean of their probabilities or values.
 * @throws StudioError refused for language models, whose probabilities over the vocabulary are not stored; cancelled.
 */
export async function scoreEnsemble(
  members: readonly TaskOutputs[],
  weights: readonly number[],
  steps: EvaluationSteps = {},
): Promise<TaskScore> {
  return scorePredictions(await ensemblePredictions(members, weights, steps));
}

export function scorePredictions(predictions: TaskPredictions): TaskScore {
  switch (predictions.kind) {
    case 'classes':
      return scoreProbabilities(predictions.probabilities, predictions.labels, predictions.classCount);
    case 'label-sets':
      return scoreLabelSets(predictions.probabilities, predictions.targets, predictions.width);
    case 'numbers':
      return scoreNumbers(predictions.values, predictions.targets);
    case 'tags':
      return scoreTags(predictions);
    case 'spans':
      return scoreAnswers(predictions);
    case 'tokens':
      return scoreTokens(predictions);
    case 'preferences':
      return scorePreferences(predictions);
    case 'vectors':
      return scoreExamples(predictions.outcome, predictions.losses);
  }
}

function scoreLabelSets(probabilities: Float64Array, targets: Float32Array, width: number): TaskScore {
  let loss = 0;
  for (const [at, probability] of probabilities.entries())
    loss += negativeLog((targets[at] ?? 0) > 0.5 ? probability : 1 - probability);
  const rows = (values: ArrayLike<number>) =>
    Array.from({ length: targets.length / width }, (_, row) =>
      Array.from({ length: width }, (_, label) => ((values[row * width + label] ?? 0) > 0.5 ? 1 : 0)),
    );
  const metrics = scoreOutcome({ kind: 'label-sets', labels: rows(targets), predictions: rows(probabilities) });
  return { accuracy: metrics['accuracy'] ?? null, loss: loss / targets.length, confusion: [], metrics };
}

function scoreNumbers(predictions: ArrayLike<number>, targets: Float32Array): TaskScore {
  const values = Array.from(predictions);
  const loss = values.reduce((sum, value, index) => sum + (value - (targets[index] ?? 0)) ** 2, 0) / values.length;
  const metrics = scoreOutcome({ kind: 'numbers', labels: [...targets], predictions: values });
  return { accuracy: null, loss, confusion: [], metrics };
}

function scoreTags(predictions: TagPredictions): TaskScore {
  const { losses, tokens } = outcomesOf(predictions);
  let [loss, words] = [0, 0];
  for (const [example, count] of (tokens?.counted ?? []).entries()) {
    loss += (losses[example] ?? 0) * count;
    words += count;
  }
  const sentences = namedTags(predictions);
  const [labels, predicted] = [sentences.map(({ actual }) => actual), sentences.map((one) => one.predicted)];
  const metrics = scoreOutcome({ kind: 'tags', labels, predictions: predicted });
  const entities = countEntities(labels, predicted).map((counts) => ({
    type: counts.type,
    ...entityScores(counts),
    count: counts.actual,
  }));
  return { accuracy: metrics['accuracy'] ?? null, loss: loss / words, confusion: [], metrics, entities };
}

function scoreAnswers({ questions }: SpanPredictions): TaskScore {
  const loss = questions.reduce((sum, question) => sum + question.loss, 0) / questions.length;
  const labels = questions.map(({ golds }) => golds);
  const metrics = scoreOutcome({ kind: 'answers', labels, predictions: questions.map(({ text }) => text) });
  return { accuracy: metrics['accuracy'] ?? null, loss, confusion: [], metrics };
}

function scoreTokens(outputs: TokenOutputs): TaskScore {
  const sum = (values: Float64Array | Uint32Array): number => {
    let total = 0;
    for (const value of values) total += value;
    return total;
  };
  const [lossSum, tokens] = [sum(outputs.lossSums), sum(outputs.tokens)];
  const exact = outputs.right.reduce((count, right, at) => count + (right === outputs.tokens[at] ? 1 : 0), 0);
  return {
    accuracy: sum(outputs.right) / tokens,
    loss: lossSum / tokens,
    confusion: [],
    metrics: {
      ...scoreOutcome({
        kind: 'tokens',
        lossSum: lossSum - sum(outputs.endLossSums),
        tokens: tokens - sum(outputs.ends),
      }),
      ...(outputs.completions ? { exact_match: exact / outputs.right.length } : {}),
    },
  };
}

function scorePreferences({ losses, chosen, rejected }: PreferenceOutputs): TaskScore {
  const given = (rewards: Float64Array) => [...rewards].filter((reward) => !Number.isNaN(reward));
  const right = Array.from(losses, (_, at) => isRight(chosen[at], rejected[at]));
  return scoreExamples({ kind: 'preferences', chosen: given(chosen), rejected: given(rejected), right }, losses);
}

/** The metrics of an outcome, with the mean of the examples' losses. */
function scoreExamples(outcome: Outcome, losses: Float64Array): TaskScore {
  const metrics = scoreOutcome(outcome);
  const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
  return { accuracy: metrics['accuracy'] ?? null, loss, confusion: [], metrics };
}
