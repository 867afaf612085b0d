import * as tf from '@tensorflow/tfjs-core';
import { preferenceTerm } from '../../../ops/index.ts';
import type { PairLoss } from './preference-loss.ts';

/** TRL's `hinge` of its DPO: the calibration of SLiC with margin 1 on rewards against the base, as in RSO. */
export const hinge: PairLoss = {
  declaration: {
    id: 'hinge',
    label: 'Hinge (SLiC)',
    summary: 'Raises the chosen answer over the rejected one, measured against the base, until the margin is 1.',
    paper: {
      title: 'SLiC-HF: Sequence Likelihood Calibration with Human Feedback',
      url: 'https://arxiv.org/abs/2305.10425',
    },
    parameters: [],
  },
  of: 'pairs',
  score: 'ratio',
  losses: ({ chosen, rejected }, { beta }) =>
    preferenceTerm(tf.sub<tf.Tensor1D>(1, tf.mul(tf.sub(chosen, rejected), beta)), 'relu'),
};
