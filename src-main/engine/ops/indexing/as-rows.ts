import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoAsRows',
  compose: (inputs, attributes) => tf.reshape(input(inputs, 'x'), [-1, attribute(attributes, 'columns')]),
  gradients: (dy, _, attributes) => ({ x: () => tf.reshape(dy, [-1, attribute(attributes, 'width')]) }),
});

/**
 * The values of x in rows of another width, e.g. by head. The gradient goes to x; unlike tfjs's own reshape, nothing is kept for
 * it.
 */
export function asRows(x: tf.Tensor2D, columns: number): tf.Tensor2D {
  return columns === x.shape[1] ? x : only2D(operation({ x }, { columns, width: x.shape[1] }));
}
