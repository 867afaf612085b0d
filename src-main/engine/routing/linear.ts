import * as tf from '@tensorflow/tfjs-core';
import { softmaxRegression } from '../linalg/softmax-regression.ts';
import type { Router } from './router.ts';
import { temperatureParameter, topKParameter, topSoftmax } from './weights.ts';

/**
 * Multinomial logistic regression on the base's mean states: which adapter's dataset an input comes from. It is fitted to
 * training rows of all of them.
 */
export const linear: Router = {
  declaration: {
    id: 'linear',
    label: 'Linear router',
    summary: "Learns from training rows, by the base's states, which adapter's dataset an input belongs to.",
    parameters: [topKParameter(1), temperatureParameter],
  },
  needs: { rows: true, reads: 'input' },
  async open({ states, parameters }) {
    const all = await states();
    const width = all[0]?.width ?? 0;
    const { weights, biases } = softmaxRegression({
      features: Float32Array.from(all.flatMap(({ values }) => [...values])),
      width,
      labels: all.flatMap(({ values }, adapter) => new Array<number>(values.length / width).fill(adapter)),
      classCount: all.length,
    });
    return {
      kind: 'rows',
      combines: 'outputs',
      weights(reading) {
        const matrix = tf.tensor2d(Float32Array.from(weights), [all.length, width]);
        const logits = tf.add<tf.Tensor2D>(
          tf.matMul(reading.baseStates(), matrix, false, true),
          tf.tensor1d(Float32Array.from(biases)),
        );
        return topSoftmax(logits, Number(parameters['top_k']), Number(parameters['temperature']));
      },
    };
  },
};
