import * as tf from '@tensorflow/tfjs-core';
import { as2D, defineOperation, input, only2D, onlyScalar } from '../autograd/operation.ts';

const gradient = defineOperation({
  name: 'CotoSquaredErrorGradient',
  compose: (inputs) => {
    const outputs = as2D(input(inputs, 'outputs'));
    return tf.mul(tf.sub(outputs, input(inputs, 'targets')), tf.div(input(inputs, 'dy'), outputs.size / 2));
  },
});

const operation = defineOperation({
  name: 'CotoSquaredError',
  compose: (inputs) => tf.mean(tf.square(tf.sub(input(inputs, 'outputs'), input(inputs, 'targets')))),
  saved: { inputs: ['outputs', 'targets'] },
  gradients: (dy, saved) => ({
    outputs: () => only2D(gradient({ outputs: input(saved, 'outputs'), targets: input(saved, 'targets'), dy })),
  }),
});

/** PyTorch's `MSELoss`: the mean of (output − target)² over outputs and targets [rows, values]; a scalar. */
export function squaredError(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return onlyScalar(operation({ outputs, targets }));
}
