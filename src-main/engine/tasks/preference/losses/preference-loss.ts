import type * as tf from '@tensorflow/tfjs-core';
import type { Declaration } from '../../../../../src-shared/domain/parameters/parameter.ts';
import type { PreferenceLossId, PreferenceSettings } from '../../../../../src-shared/tasks/preference.ts';

/** Scores of the answers of each pair [pairs]. */
export interface PairScores {
  readonly chosen: tf.Tensor1D;
  readonly rejected: tf.Tensor1D;
  /** Tokens of the chosen answers, and of the rejected ones. */
  readonly tokens: readonly [chosen: readonly number[], rejected: readonly number[]];
}

/** Scores of answers [answers], each wanted or not. */
export interface AnswerScores {
  readonly scores: tf.Tensor1D;
  readonly wanted: readonly boolean[];
  /** Estimate in nats of the divergence from the base, a constant of the loss: not negative. A scalar. */
  readonly divergence: tf.Scalar;
}

interface Shared {
  readonly declaration: Declaration & { readonly id: PreferenceLossId };
  /**
   * Score of an answer: its log-likelihood less that under the base, in nats (`ratio`), or its mean log-likelihood a token
   * (`mean`). Times β it is the answer's reward.
   */
  readonly score: 'ratio' | 'mean';
}

/** A loss of pairs of a chosen and a rejected answer. */
export interface PairLoss extends Shared {
  readonly of: 'pairs';
  /** Loss of each pair [pairs]. */
  losses(pairs: PairScores, settings: PreferenceSettings): tf.Tensor1D;
  /** Weight of an added language-modeling loss, over the chosen answer's tokens, or its prompt's as well. */
  likelihood?(settings: PreferenceSettings): { readonly weight: number; readonly of: 'answer' | 'text' };
}

/** A loss of single answers with labels. */
export interface AnswerLoss extends Shared {
  readonly of: 'answers';
  /** Loss of each answer [answers]. */
  losses(answers: AnswerScores, settings: PreferenceSettings): tf.Tensor1D;
}

export type PreferenceLoss = PairLoss | AnswerLoss;
