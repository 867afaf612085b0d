import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ExampleOutcomes } from '../../../src-shared/results/outcomes.ts';
import {
  type EvaluationSteps,
  ensembleProbabilities,
  negativeLog,
  predictedClass,
  softmaxRows,
  weightedMean,
} from '../evaluation/evaluation.ts';
import type { PreferenceOutputs, TagOutputs, TaskOutputs, TokenOutputs } from '../evaluation/task-outputs.ts';
import { answerScore } from '../metrics/squad.ts';
import { type SpanPredictions, spanPredictions } from './spans.ts';
import { type VectorPredictions, vectorPredictions } from './vectors.ts';

/** Predictions of a model or an ensemble for test examples, and their targets: everything that a score is computed from. */
export type TaskPredictions =
  /** probabilities [examples, classCount], row-major */
  | {
      readonly kind: 'classes';
      readonly probabilities: Float64Array;
      /** Of one model that scores answers: their log-likelihoods in nats, of the same shape. */
      readonly logLikelihoods?: Float32Array;
      readonly labels: Int32Array;
      readonly classCount: number;
    }
  /** probabilities and targets (0 or 1) [examples, width], row-major */
  | {
      readonly kind: 'label-sets';
      readonly probabilities: Float64Array;
      readonly targets: Float32Array;
      readonly width: number;
    }
  | { readonly kind: 'numbers'; readonly values: Float64Array; readonly targets: Float32Array }
  | TagPredictions
  | SpanPredictions
  | TokenOutputs
  | PreferenceOutputs
  | VectorPredictions;

/** As `TagOutputs`, with probabilities. */
export type TagPredictions = Omit<TagOutputs, 'logits'> & { readonly probabilities: Float64Array };

/**
 * Predictions of one model.
 * @param steps of the ranking of vectors, the one prediction that takes long
 * @throws StudioError cancelled
 */
export async function predictionsOf(outputs: TaskOutputs, steps: EvaluationSteps = {}): Promise<TaskPredictions> {
  switch (outputs.kind) {
    case 'classes': {
      const { logits, labels, classCount, scale } = outputs;
      const probabilities = softmaxRows(logits, classCount);
      const likelihoods = scale === 'log-likelihoods' ? { logLikelihoods: logits } : {};
      return { kind: 'classes', probabilities, ...likelihoods, labels, classCount };
    }
    case 'label-sets': {
      const { logits, targets, width } = outputs;
      return { kind: 'label-sets', probabilities: Float64Array.from(logits, sigmoid), targets, width };
    }
    case 'numbers':
      return { kind: 'numbers', values: Float64Array.from(outputs.predictions), targets: outputs.targets };
    case 'tags': {
      const { logits, ...rest } = outputs;
      return { ...rest, probabilities: softmaxRows(logits, rest.names.length) };
    }
    case 'spans':
      return spanPredictions([outputs], [1]);
    case 'vectors':
      return await vectorPredictions([outputs], [1], steps);
    case 'tokens':
    case 'preferences':
      return outputs;
  }
}

/**
 * Predictions of an ensemble of models on the same examples: the weighted mean of their probabilities or values; of answers, of their
 * logits; of vectors, of the similarities.
 * @param steps of the ranking of vectors
 * @throws StudioError refused for language models, whose probabilities over the vocabulary are not stored; cancelled.
 */
export async function ensemblePredictions(
  members: readonly TaskOutputs[],
  weights: readonly number[],
  steps: EvaluationSteps = {},
): Promise<TaskPredictions> {
  const [first] = members;
  if (first === undefined) throw new RangeError('An ensemble needs at least one member.');
  const of = <Kind extends TaskOutputs['kind']>(kind: Kind) =>
    members.flatMap((member, index) =>
      member.kind === kind
        ? [{ member: member as Extract<TaskOutputs, { kind: Kind }>, weight: weights[index] ?? 0 }]
        : [],
    );
  switch (first.kind) {
    case 'classes': {
      const parts = of('classes').map(({ member, weight }) => ({ logits: member.logits, weight }));
      const { labels, classCount } = first;
      return { kind: 'classes', probabilities: ensembleProbabilities(parts, classCount), labels, classCount };
    }
    case 'label-sets': {
      const parts = of('label-sets').map(({ member, weight }) => ({
        values: Float64Array.from(member.logits, sigmoid),
        weight,
      }));
      return { kind: 'label-sets', probabilities: weightedMean(parts), targets: first.targets, width: first.width };
    }
    case 'numbers': {
      const parts = of('numbers').map(({ member, weight }) => ({
        values: Float64Array.from(member.predictions),
        weight,
      }));
      return { kind: 'numbers', values: weightedMean(parts), targets: first.targets };
    }
    case 'tags': {
      const parts = of('tags').map(({ member, weight }) => ({ logits: member.logits, weight }));
      const { logits: _, ...rest } = first;
      return { ...rest, probabilities: ensembleProbabilities(parts, rest.names.length) };
    }
    case 'spans':
      return spanPredictions(
        of('spans').map(({ member }) => member),
        of('spans').map(({ weight }) => weight),
      );
    case 'vectors':
      return await vectorPredictions(
        of('vectors').map(({ member }) => member),
        of('vectors').map(({ weight }) => weight),
        steps,
      );
    case 'tokens':
    case 'preferences':
      throw new StudioError(
        'refused',
        'The outputs of language models cannot be averaged: their token probabilities are not stored.',
        'Merge the weights of the adapters instead.',
      );
  }
}

/** Loss of each example, and whether it was right. Their means are the score's loss and accuracy. */
export function outcomesOf(predictions: TaskPredictions): ExampleOutcomes {
  switch (predictions.kind) {
    case 'classes': {
      const { probabilities, labels, classCount } = predictions;
      const row = (at: number) => probabilities.subarray(at * classCount, (at + 1) * classCount);
      return {
        losses: Float32Array.from(labels, (label, at) => negativeLog(row(at)[label] ?? 0)),
        correct: Uint8Array.from(labels, (label, at) => (predictedClass(row(at)) === label ? 1 : 0)),
        tokens: null,
      };
    }
    case 'label-sets': {
      const { probabilities, targets, width } = predictions;
      const count = targets.length / width;
      const losses = new Float32Array(count);
      const correct = new Uint8Array(count);
      for (let example = 0; example < count; example++) {
        let [loss, right] = [0, 1];
        for (let at = example * width; at < (example + 1) * width; at++) {
          const isTrue = (targets[at] ?? 0) > 0.5;
          const probability = probabilities[at] ?? 0;
          loss += negativeLog(isTrue ? probability : 1 - probability);
          if (probability > 0.5 !== isTrue) right = 0;
        }
        losses[example] = loss / width;
        correct[example] = right;
      }
      return { losses, correct, tokens: null };
    }
    case 'numbers': {
      const { values, targets } = predictions;
      return {
        losses: Float32Array.from(values, (value, at) => (value - (targets[at] ?? 0)) ** 2),
        correct: null,
        tokens: null,
      };
    }
    case 'tags':
      return tagOutcomes(predictions);
    case 'spans': {
      const { questions } = predictions;
      return {
        losses: Float32Array.from(questions, ({ loss }) => loss),
        correct: Uint8Array.from(questions, ({ golds, text }) => answerScore(golds, text).exact),
        tokens: null,
      };
    }
    case 'vectors': {
      const { losses, correct } = predictions;
      return { losses: Float32Array.from(losses), correct: correct && Uint8Array.from(correct, Number), tokens: null };
    }
    case 'tokens': {
      const { lossSums, tokens, right } = predictions;
      return {
        losses: Float32Array.from(lossSums, (sum, at) => sum / (tokens[at] ?? 1)),
        correct: null,
        tokens: { counted: tokens, right },
      };
    }
    case 'preferences': {
      const { losses, chosen, rejected } = predictions;
      return {
        losses: Float32Array.from(losses),
        correct: Uint8Array.from(losses, (_, at) => (isRight(chosen[at], rejected[at]) ? 1 : 0)),
        tokens: null,
      };
    }
  }
}

/** Of each example the mean loss of its words, and how many of them are right. */
function tagOutcomes({ probabilities, labels, counts, names }: TagPredictions): ExampleOutcomes {
  const losses = new Float32Array(counts.length);
  const right = new Uint32Array(counts.length);
  let word = 0;
  for (const [example, count] of counts.entries()) {
    let loss = 0;
    for (const end = word + count; word < end; word++) {
      const row = probabilities.subarray(word * names.length, (word + 1) * names.length);
      const label = labels[word] ?? 0;
      loss += negativeLog(row[label] ?? 0);
      if (predictedClass(row) === label) right[example] = (right[example] ?? 0) + 1;
    }
    losses[example] = loss / count;
  }
  return { losses, correct: null, tokens: { counted: counts, right } };
}

/** The tags of each example by name: the true ones, and those of the highest probability. */
export function namedTags({ probabilities, labels, counts, names }: TagPredictions) {
  const sentences: { actual: string[]; predicted: string[] }[] = [];
  let word = 0;
  for (const count of counts) {
    const [actual, predicted]: [string[], string[]] = [[], []];
    for (const end = word + count; word < end; word++) {
      const row = probabilities.subarray(word * names.length, (word + 1) * names.length);
      actual.push(names[labels[word] ?? 0] ?? '');
      predicted.push(names[predictedClass(row)] ?? '');
    }
    sentences.push({ actual, predicted });
  }
  return sentences;
}

/** Whether the chosen answer has more reward than the rejected one; alone, an answer is compared with 0. NaN: there is none. */
export function isRight(chosen = Number.NaN, rejected = Number.NaN): boolean {
  return (Number.isNaN(chosen) ? 0 : chosen) > (Number.isNaN(rejected) ? 0 : rejected);
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
