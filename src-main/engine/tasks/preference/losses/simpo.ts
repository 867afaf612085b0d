import * as tf from '@tensorflow/tfjs-core';
import { preferenceLikelihood } from './pair-margin.ts';
import type { PairLoss } from './preference-loss.ts';

/** CPO with `loss_type="simpo"` in TRL. */
export const simpo: PairLoss = {
  declaration: {
    id: 'simpo',
    label: 'SimPO',
    summary: 'Raises the chosen answer over the rejected one by a margin, token for token; needs no reference.',
    paper: {
      title: 'SimPO: Simple Preference Optimization with a Reference-Free Reward',
      url: 'https://arxiv.org/abs/2405.14734',
    },
    parameters: [],
  },
  of: 'pairs',
  score: 'mean',
  losses: ({ chosen, rejected }, { beta, simpo_gamma, label_smoothing }) =>
    preferenceLikelihood(tf.sub(tf.mul(tf.sub(chosen, rejected), beta), simpo_gamma), label_smoothing),
  likelihood: ({ cpo_alpha }) => ({ weight: cpo_alpha, of: 'answer' }),
};
