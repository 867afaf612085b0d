import type * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, givenInputs, input, only2D } from '../autograd/operation.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { type LinearOptions, multiplierOrAddend } from './linear-options.ts';
import { matmul } from './matmul.ts';

const operation = defineOperation({
  name: 'CotoFrozenLinear',
  compose: (inputs, attributes) =>
    matmul(input(inputs, 'x'), input(inputs, 'weight'), {
      transposeB: true,
      bias: inputs['bias'],
      addend: inputs['residual'],
      frozen: true,
      bfloat16: attribute(attributes, 'bfloat16') !== 0,
    }),
  saved: { inputs: ['derivative'], lasting: ['weight'], states: ['derivative'] },
  gradients: (dy, saved, attributes) => ({
    x: (accumulated) =>
      matmul(dy, input(saved, 'weight'), {
        ...multiplierOrAddend(saved['derivative'], accumulated),
        frozen: true,
        bfloat16: attribute(attributes, 'bfloat16') !== 0,
      }),
    residual: () => dy,
  }),
});

/** x [rows, in] → x·Wᵀ + b [+ residual] [rows, out]. Gradients go to x and the residual. */
export function frozenLinear(
  x: tf.Tensor2D,
  frozen: Pick<FrozenWeight, 'weight' | 'bias' | 'bfloat16'>,
  options: LinearOptions = {},
): tf.Tensor2D {
  const { weight, bias, bfloat16 } = frozen;
  return only2D(operation(givenInputs({ x, weight, bias, ...options }), { bfloat16: Number(bfloat16) }));
}
