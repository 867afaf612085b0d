import * as tf from '@tensorflow/tfjs-core';
import { preferenceTerm } from '../../../ops/index.ts';
import type { PairLoss } from './preference-loss.ts';

/** Computes the language-modeling loss on the chosen answer and its prompt, like TRL. */
export const orpo: PairLoss = {
  declaration: {
    id: 'orpo',
    label: 'ORPO',
    summary:
      'Learns the chosen answers as text, and that they are likelier than the rejected ones; needs no reference.',
    paper: {
      title: 'ORPO: Monolithic Preference Optimization without Reference Model',
      url: 'https://arxiv.org/abs/2403.07691',
    },
    parameters: [],
  },
  of: 'pairs',
  score: 'mean',
  losses({ chosen, rejected }, { beta }) {
    const odds = (likelihood: tf.Tensor1D): tf.Tensor1D => tf.sub(likelihood, preferenceTerm(likelihood, 'log1mexp'));
    const ratio: tf.Tensor1D = tf.sub(odds(chosen), odds(rejected));
    return tf.mul(preferenceTerm(ratio, 'log_sigmoid'), -beta);
  },
  likelihood: () => ({ weight: 1, of: 'text' }),
};
