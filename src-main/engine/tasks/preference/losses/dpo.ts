import * as tf from '@tensorflow/tfjs-core';
import { preferenceLikelihood } from './pair-margin.ts';
import type { PairLoss } from './preference-loss.ts';

/** TRL's `sigmoid`; smoothed as in Mitchell's note on conservative DPO, which TRL has in its other losses of pairs. */
export const dpo: PairLoss = {
  declaration: {
    id: 'dpo',
    label: 'DPO',
    summary: 'Raises the chosen answer over the rejected one, measured against the base.',
    paper: {
      title: 'Direct Preference Optimization: Your Language Model is Secretly a Reward Model',
      url: 'https://arxiv.org/abs/2305.18290',
    },
    parameters: [],
  },
  of: 'pairs',
  score: 'ratio',
  losses: ({ chosen, rejected }, { beta, label_smoothing }) =>
    preferenceLikelihood(tf.mul(tf.sub(chosen, rejected), beta), label_smoothing),
};
