import * as tf from '@tensorflow/tfjs-core';
import { preferenceTerm } from '../../../ops/index.ts';
import type { AnswerLoss } from './preference-loss.ts';

/** The divergence is that of answers to other prompts, as in the paper and in TRL. */
export const kto: AnswerLoss = {
  declaration: {
    id: 'kto',
    label: 'KTO',
    summary: 'Raises answers that are wanted and lowers those that are not, each by itself, measured against the base.',
    paper: {
      title: 'KTO: Model Alignment as Prospect Theoretic Optimization',
      url: 'https://arxiv.org/abs/2402.01306',
    },
    parameters: [],
  },
  of: 'answers',
  score: 'ratio',
  losses({ scores, wanted, divergence }, { beta, desirable_weight, undesirable_weight }) {
    const each = (of: (isWanted: boolean) => number) => tf.tensor1d(wanted.map(of));
    const gains = tf.mul<tf.Tensor1D>(
      tf.sub(scores, divergence),
      each((isWanted) => (isWanted ? beta : -beta)),
    );
    // 1 − σ(x) is σ(−x).
    const losses = preferenceTerm(tf.mul<tf.Tensor1D>(gains, -1), 'sigmoid');
    return tf.mul(
      losses,
      each((isWanted) => (isWanted ? desirable_weight : undesirable_weight)),
    );
  },
};
