import * as tf from '@tensorflow/tfjs-core';
import type { Router } from './router.ts';

/** Every adapter with the weight 1 / n on every input: the mean of ΔW without a cut to a rank. */
export const uniform: Router = {
  declaration: {
    id: 'uniform',
    label: 'Uniform weights',
    summary: 'Baseline: adds the mean of all adapters to every input.',
    parameters: [],
  },
  needs: {},
  open: ({ adapters: { length } }) => ({
    kind: 'rows',
    combines: 'outputs',
    weights: ({ rows }) => tf.fill([rows, length], 1 / length),
  }),
};
