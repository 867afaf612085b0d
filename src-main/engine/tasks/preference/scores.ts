import * as tf from '@tensorflow/tfjs-core';
import type { AnswerRow } from './answer-rows.ts';
import type { PreferenceLoss } from './losses/preference-loss.ts';

/** Log-likelihoods [answers] in nats, and their rows. */
export interface Likelihoods {
  readonly sums: tf.Tensor1D;
  readonly rows: readonly AnswerRow[];
  /** Log-likelihoods of the same answers under the base; empty for a loss without a reference. */
  readonly references: readonly number[];
}

/** Scores of answers [answers], as the loss says: their gradient is that of the log-likelihoods. */
export function scoresOf(
  { score }: Pick<PreferenceLoss, 'score'>,
  { sums, rows, references }: Likelihoods,
): tf.Tensor1D {
  if (score === 'ratio') return tf.sub(sums, tf.tensor1d([...references]));
  return tf.mul(sums, tf.tensor1d(rows.map(({ answer }) => 1 / answer.length)));
}

/** The same on the host. */
export function scoreOf(
  { score }: Pick<PreferenceLoss, 'score'>,
  sum: number,
  { answer }: AnswerRow,
  reference: number,
) {
  return score === 'ratio' ? sum - reference : sum / answer.length;
}

/** Tokens of the chosen answers, and of the rejected ones. */
export function answerLengths(
  chosen: readonly AnswerRow[],
  rejected: readonly AnswerRow[],
): [chosen: number[], rejected: number[]] {
  const lengths = (rows: readonly AnswerRow[]) => rows.map(({ answer }) => answer.length);
  return [lengths(chosen), lengths(rejected)];
}

/** Σ weights · values: a scalar, in operations that the tape knows. */
export function weightedSum(values: tf.Tensor1D, weights: readonly number[]): tf.Scalar {
  const row = tf.reshape<tf.Rank.R2>(values, [1, weights.length]);
  return tf.reshape(tf.matMul(row, tf.tensor2d([...weights], [weights.length, 1])), []);
}
