import * as tf from '@tensorflow/tfjs-core';
import { as1D, defineOperation, first } from '../autograd/operation.ts';

/** Inputs 0, 1, … of any shapes; attribute `count`. Output [count]. */
const operation = defineOperation({
  name: 'CotoSumsOfSquares',
  compose: (inputs) => tf.stack(Object.values(inputs).map((tensor) => tf.sum(tf.square(tensor)))),
});

/** The sum of the squares of each tensor, all in one call. At least one tensor. */
export function sumsOfSquares(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  // By number: names would have to be made for hundreds of tensors a step.
  const inputs: Record<string, tf.Tensor> = {};
  for (let index = 0; index < tensors.length; index++) {
    const tensor = tensors[index];
    if (tensor !== undefined) inputs[index] = tensor;
  }
  return as1D(first(operation(inputs, { count: tensors.length })));
}
