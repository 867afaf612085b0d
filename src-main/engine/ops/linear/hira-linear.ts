import * as tf from '@tensorflow/tfjs-core';
import { once } from '../../../../src-shared/once.ts';
import {
  attribute,
  defineOperation,
  givenInputs,
  input,
  type OperationAttributes,
  type OperationInputs,
  only2D,
} from '../autograd/operation.ts';
import { dropped } from './dropped.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { type HiraFactors, hiraGradients, hiraMatmul } from './hira-matmul.ts';
import { multiplierOrAddend } from './linear-options.ts';
import type { LoraLinearOptions } from './lora-linear.ts';
import { matmul } from './matmul.ts';

const operation = defineOperation({
  name: 'CotoHiraLinear',
  compose: (inputs, attributes) => {
    const x = input(inputs, 'x');
    const { bias, residual, mask } = inputs;
    const { factors, bfloat16 } = settingsOf(inputs, attributes);
    if (mask === undefined) return hiraMatmul(x, factors, { bias, addend: residual, bfloat16, transposed: true });
    const options = { addend: residual, bfloat16, transposed: true, updateOnly: true };
    const addend = hiraMatmul(dropped(inputs), factors, options);
    return matmul(x, factors.weight, { transposeB: true, bias, addend, frozen: true, bfloat16 });
  },
  saved: { inputs: ['x', 'mask', 'derivative'], lasting: ['a', 'b', 'weight'], states: ['x', 'mask', 'derivative'] },
  gradients: (dy, saved, attributes) => {
    const { factors, bfloat16 } = settingsOf(saved, attributes);
    const { mask, derivative: multiplier } = saved;
    const trained = once(() => hiraGradients(dy, dropped(saved), factors, bfloat16));
    return {
      x: (accumulated) => {
        if (mask === undefined) {
          const joined = multiplierOrAddend(multiplier, accumulated);
          return hiraMatmul(dy, factors, { ...joined, bfloat16, transposed: false });
        }
        const update = hiraMatmul(dy, factors, { bfloat16, transposed: false, updateOnly: true });
        const addend = tf.mul(update, mask);
        return matmul(dy, factors.weight, { multiplier, addend, frozen: true, bfloat16 });
      },
      a: () => trained().a,
      b: () => trained().b,
      residual: () => dy,
    };
  },
});

/**
 * HiRA (Huang et al. 2025, ICLR): x·Wᵀ + (x ∘ mask)·(W ∘ s·B·A)ᵀ + b [+ residual]. x [rows, in], A [r, in], B [out, r] →
 * [rows, out]. Without a mask it is one product, with W ∘ (1 + s·B·A), which is computed again in the backward pass: nothing is kept
 * beside x. Gradients go to x, A, B and the residual.
 */
export function hiraLinear(
  x: tf.Tensor2D,
  frozen: FrozenWeight,
  factors: { readonly a: tf.Tensor; readonly b: tf.Tensor; readonly scaling: number },
  options: LoraLinearOptions = {},
): tf.Tensor2D {
  const { weight, bias, bfloat16 } = frozen;
  const { a, b, scaling } = factors;
  const { residual, derivative, dropoutMask: mask } = options;
  const inputs = givenInputs({ x, a, b, weight, bias, residual, derivative, mask });
  return only2D(operation(inputs, { scaling, bfloat16: Number(bfloat16) }));
}

function settingsOf(
  inputs: OperationInputs,
  attributes: OperationAttributes,
): { readonly factors: HiraFactors; readonly bfloat16: boolean } {
  return {
    factors: {
      weight: input(inputs, 'weight'),
      a: input(inputs, 'a'),
      b: input(inputs, 'b'),
      scaling: attribute(attributes, 'scaling'),
    },
    bfloat16: attribute(attributes, 'bfloat16') !== 0,
  };
}
