import * as tf from '@tensorflow/tfjs-core';
import { as1D, as2D, attribute, defineOperation, input, only2D } from '../autograd/operation.ts';
import { scatterRows } from './scatter-rows.ts';

const operation = defineOperation({
  name: 'CotoGatherRows',
  compose: (inputs) => tf.gather(input(inputs, 'x'), as1D(input(inputs, 'places'))),
  saved: { inputs: ['places'] },
  gradients: (dy, saved, attributes) => ({
    x: () => scatterRows(as1D(input(saved, 'places')), as2D(dy), attribute(attributes, 'count')),
  }),
});

/**
 * Rows of x [count, features] at the indices `places` [rows] int32 → [rows, features], e.g. the states of labelled tokens,
 * or the embedding by a trained table. The gradient goes to x: a row taken twice gets the sum, the other rows get 0.
 */
export function gatherRows(x: tf.Tensor2D, places: tf.Tensor1D): tf.Tensor2D {
  return only2D(operation({ x, places }, { count: x.shape[0] }));
}
