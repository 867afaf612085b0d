import * as tf from '@tensorflow/tfjs-core';
import { defineOperation, input, only2D } from './operation.ts';

const operation = defineOperation({
  name: 'CotoScaleGradient',
  compose: (inputs) => tf.clone(input(inputs, 'x')),
  saved: { inputs: ['factor'], states: ['factor'] },
  gradients: (dy, saved) => ({ x: () => tf.mul(dy, input(saved, 'factor')) }),
});

/**
 * x as it is, with its gradient multiplied by `factor`, of the same shape. For adapters put together from several operations: the
 * derivative among `LinearOptions` must meet the whole gradient of the input once.
 */
export function scaleGradient(x: tf.Tensor2D, factor: tf.Tensor2D | undefined): tf.Tensor2D {
  return factor === undefined ? x : only2D(operation({ x, factor }));
}
