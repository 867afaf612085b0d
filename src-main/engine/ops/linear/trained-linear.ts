import * as tf from '@tensorflow/tfjs-core';
import { defineOperation, givenInputs, input, only2D } from '../autograd/operation.ts';
import { type LinearOptions, multiplierOrAddend } from './linear-options.ts';
import { matmul } from './matmul.ts';

const operation = defineOperation({
  name: 'CotoTrainedLinear',
  compose: (inputs) =>
    matmul(input(inputs, 'x'), input(inputs, 'weight'), {
      transposeB: true,
      bias: inputs['bias'],
      addend: inputs['residual'],
    }),
  saved: { inputs: ['x', 'derivative'], lasting: ['weight'], states: ['x', 'derivative'] },
  gradients: (dy, saved) => ({
    x: (accumulated) => matmul(dy, input(saved, 'weight'), multiplierOrAddend(saved['derivative'], accumulated)),
    weight: () => matmul(dy, input(saved, 'x'), { transposeA: true }),
    bias: () => tf.sum(dy, 0),
    residual: () => dy,
  }),
});

/** x [rows, in] → x·Wᵀ + b [+ residual] [rows, out], W [out, in] and b [out] trained: gradients go to all of them. */
export function trainedLinear(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D | null,
  options: LinearOptions = {},
): tf.Tensor2D {
  return only2D(operation(givenInputs({ x, weight, bias, ...options })));
}
