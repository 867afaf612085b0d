import * as tf from '@tensorflow/tfjs-core';
import type { PairLoss } from './preference-loss.ts';

/** Equation 17 with τ = β. Ratios are means over an answer's tokens, as TRL computes them by word of the authors. */
export const ipo: PairLoss = {
  declaration: {
    id: 'ipo',
    label: 'IPO',
    summary: 'Brings the margin of the chosen answer over the rejected one to 1 ⁄ 2β, and no further.',
    paper: {
      title: 'A General Theoretical Paradigm to Understand Learning from Human Preferences',
      url: 'https://arxiv.org/abs/2310.12036',
    },
    parameters: [],
  },
  of: 'pairs',
  score: 'ratio',
  losses({ chosen, rejected, tokens }, { beta }) {
    const means = [chosen, rejected].map((ratios, at) =>
      tf.mul<tf.Tensor1D>(ratios, tf.tensor1d((tokens[at] ?? []).map((count) => 1 / count))),
    );
    const [first = chosen, second = rejected] = means;
    const distance: tf.Tensor1D = tf.sub(tf.sub(first, second), 1 / (2 * beta));
    return tf.mul(distance, distance);
  },
};
