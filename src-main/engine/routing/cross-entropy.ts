import * as tf from '@tensorflow/tfjs-core';
import type { Router } from './router.ts';
import { temperatureParameter, topKParameter, topSoftmax } from './weights.ts';

/** The adapters to which the prompt is the most likely: the lowest mean cross-entropy of its own tokens. */
export const crossEntropy: Router = {
  declaration: {
    id: 'cross-entropy',
    label: 'Lowest cross-entropy',
    summary: 'Runs every adapter on the prompt, and gives it to the one under which its tokens are the most likely.',
    parameters: [topKParameter(1), temperatureParameter],
  },
  needs: { reads: 'prompt' },
  open: ({ parameters }) => ({
    kind: 'rows',
    combines: 'outputs',
    weights: (reading) =>
      topSoftmax(tf.neg(reading.promptLosses()), Number(parameters['top_k']), Number(parameters['temperature'])),
  }),
};
