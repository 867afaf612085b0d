import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { EvaluationResult } from '../../../src-shared/domain/evaluation.ts';
import { scoreOutcome } from '../metrics/index.ts';
import {
  type ClassificationLogits,
  ensembleProbabilities,
  scoreLogits,
  scoreProbabilities,
  weightedMean,
} from './evaluation.ts';

/** Outputs of a model on test examples and their targets, as needed to score it or an ensemble with it. */
export type TaskOutputs =
  | ClassificationLogits
  /** logits and targets (0 or 1) [examples, width], row-major */
  | {
      readonly kind: 'label-sets';
      readonly logits: Float32Array;
      readonly targets: Float32Array;
      readonly width: number;
    }
  | { readonly kind: 'numbers'; readonly predictions: Float32Array; readonly targets: Float32Array }
  /**
   * For language models: nats summed over the tokens in the loss, and the number of these with the highest logit.
   * `exact` is the share of examples whose tokens all had it, which greedy decoding therefore reproduces; null
   * without completions.
   */
  | {
      readonly kind: 'tokens';
      readonly lossSum: number;
      readonly tokens: number;
      readonly right: number;
      readonly exact: number | null;
    };

/** The loss is the mean over examples in nats (for tokens: over tokens), for regression the mean squared error. */
export type TaskScore = Pick<EvaluationResult, 'accuracy' | 'loss' | 'confusion' | 'metrics'>;

export function scoreOutputs(outputs: TaskOutputs): TaskScore {
  switch (outputs.kind) {
    case 'classes':
      return scoreLogits(outputs.logits, outputs.labels, outputs.classCount);
    case 'label-sets':
      return scoreLabelSets(Float64Array.from(outputs.logits, sigmoid), outputs.targets, outputs.width);
    case 'numbers':
      return scoreNumbers(outputs.predictions, outputs.targets);
    case 'tokens': {
      const { lossSum, tokens, right, exact } = outputs;
      return {
        accuracy: right / tokens,
        loss: lossSum / tokens,
        confusion: [],
        metrics: {
          ...scoreOutcome({ kind: 'tokens', lossSum, tokens }),
          ...(exact === null ? {} : { exact_match: exact }),
        },
      };
    }
  }
}

/**
 * Scores an ensemble of models on the same examples: the weighted mean of their probabilities or values.
 * @throws StudioError refused for language models, whose probabilities over the vocabulary are not stored.
 */
export function scoreEnsemble(members: readonly TaskOutputs[], weights: readonly number[]): TaskScore {
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
      return scoreProbabilities(ensembleProbabilities(parts, first.classCount), first.labels, first.classCount);
    }
    case 'label-sets': {
      const parts = of('label-sets').map(({ member, weight }) => ({
        values: Float64Array.from(member.logits, sigmoid),
        weight,
      }));
      return scoreLabelSets(weightedMean(parts), first.targets, first.width);
    }
    case 'numbers': {
      const parts = of('numbers').map(({ member, weight }) => ({
        values: Float64Array.from(member.predictions),
        weight,
      }));
      return scoreNumbers(weightedMean(parts), first.targets);
    }
    case 'tokens':
      throw new StudioError(
        'refused',
        'The outputs of language models cannot be averaged: their token probabilities are not stored.',
        'Merge the weights of the adapters instead.',
      );
  }
}

function scoreLabelSets(probabilities: Float64Array, targets: Float32Array, width: number): TaskScore {
  let loss = 0;
  for (const [at, probability] of probabilities.entries()) {
    const right = (targets[at] ?? 0) > 0.5 ? probability : 1 - probability;
    // A probability that underflowed to zero would make the whole mean infinite.
    loss -= Math.log(Math.max(right, Number.MIN_VALUE));
  }
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

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
