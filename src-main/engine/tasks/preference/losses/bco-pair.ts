import * as tf from '@tensorflow/tfjs-core';
import { preferenceTerm } from '../../../ops/index.ts';
import type { PairLoss } from './preference-loss.ts';

/** TRL's `bco_pair`: the binary classifier without the paper's shift of rewards. */
export const bcoPair: PairLoss = {
  declaration: {
    id: 'bco_pair',
    label: 'BCO',
    summary: 'Raises the chosen answer and lowers the rejected one, each by itself, measured against the base.',
    paper: {
      title: 'Binary Classifier Optimization for Large Language Model Alignment',
      url: 'https://arxiv.org/abs/2404.04656',
    },
    parameters: [],
  },
  of: 'pairs',
  score: 'ratio',
  losses({ chosen, rejected }, { beta }) {
    const likelihood = (ratios: tf.Tensor1D, sign: number) =>
      preferenceTerm(tf.mul<tf.Tensor1D>(ratios, sign * beta), 'log_sigmoid');
    return tf.mul(tf.add(likelihood(chosen, 1), likelihood(rejected, -1)), -1);
  },
};
