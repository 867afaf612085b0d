import * as tf from '@tensorflow/tfjs-core';
import type { Router } from './router.ts';
import { temperatureParameter, topKParameter, topSoftmax } from './weights.ts';

/** The adapters that are surest of their answer: the lowest entropy of the predicted classes or of the next token. */
export const entropy: Router = {
  declaration: {
    id: 'entropy',
    label: 'Lowest entropy',
    summary: 'Runs every adapter, and gives each input to the one whose prediction has the lowest entropy.',
    parameters: [topKParameter(1), temperatureParameter],
  },
  needs: { reads: 'predictions' },
  open: ({ parameters }) => ({
    kind: 'rows',
    combines: 'outputs',
    weights: (reading) =>
      topSoftmax(tf.neg(reading.entropies()), Number(parameters['top_k']), Number(parameters['temperature'])),
  }),
};
