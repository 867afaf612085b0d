import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, givenInputs, input, only2D } from '../autograd/operation.ts';
import { dropped } from './dropped.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { multiplierOrAddend } from './linear-options.ts';
import type { LoraLinearOptions } from './lora-linear.ts';
import { matmul } from './matmul.ts';

/** Outputs: y [rows, out], z = (x ∘ mask)·Aᵀ and z ∘ e, [rows, r]. */
const operation = defineOperation({
  name: 'CotoAdaloraLinear',
  compose: (inputs, attributes) => {
    const z = matmul(dropped(inputs), input(inputs, 'a'), { transposeB: true });
    const weighted = tf.mul<tf.Tensor2D>(z, row(input(inputs, 'e')));
    const y = matmul(input(inputs, 'x'), input(inputs, 'weight'), {
      transposeB: true,
      bias: inputs['bias'],
      addend: inputs['residual'],
      also: { a: weighted, b: input(inputs, 'b'), transposeB: true, scale: attribute(attributes, 'scaling') },
      frozen: true,
      bfloat16: attribute(attributes, 'bfloat16') !== 0,
    });
    return [y, z, weighted];
  },
  saved: {
    inputs: ['x', 'mask', 'derivative'],
    lasting: ['a', 'b', 'e', 'weight'],
    outputs: [null, 'z', 'weighted'],
    states: ['x', 'mask', 'derivative'],
  },
  gradients: (dy, saved, attributes) => {
    const scale = attribute(attributes, 'scaling');
    const options = { frozen: true, bfloat16: attribute(attributes, 'bfloat16') !== 0 };
    const { mask, derivative: multiplier } = saved;
    const [a, weight, e] = [input(saved, 'a'), input(saved, 'weight'), input(saved, 'e')];
    // Gradients of z ∘ e, and of z, [rows, r].
    const ofWeighted = matmul(dy, input(saved, 'b'), { scale });
    const dz = tf.mul<tf.Tensor2D>(ofWeighted, row(e));
    return {
      x: (accumulated) =>
        mask
          ? matmul(dy, weight, { ...options, multiplier, addend: tf.mul(matmul(dz, a), mask) })
          : matmul(dy, weight, { ...options, ...multiplierOrAddend(multiplier, accumulated), also: { a: dz, b: a } }),
      a: () => matmul(dz, dropped(saved), { transposeA: true }),
      b: () => matmul(dy, input(saved, 'weighted'), { transposeA: true, scale }),
      e: () => tf.reshape(tf.sum(tf.mul(ofWeighted, input(saved, 'z')), 0), e.shape),
      residual: () => dy,
    };
  },
});

/** A, B and the singular values E [r, 1] between them. */
interface Triplets {
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
  readonly e: tf.Tensor;
  readonly scaling: number;
}

/**
 * x·Wᵀ + b [+ residual] + scaling · (((x ∘ mask)·Aᵀ) ∘ e)·Bᵀ (Zhang et al. 2023, AdaLoRA). x [rows, in], A [r, in], E [r, 1],
 * B [out, r] → [rows, out]. Gradients go to x, A, E, B and the residual; kept are x and two [rows, r].
 */
export function adaloraLinear(
  x: tf.Tensor2D,
  frozen: FrozenWeight,
  { a, b, e, scaling }: Triplets,
  options: LoraLinearOptions = {},
): tf.Tensor2D {
  const { weight, bias, bfloat16 } = frozen;
  const { residual, derivative, dropoutMask: mask } = options;
  const inputs = givenInputs({ x, a, b, e, weight, bias, residual, derivative, mask });
  return only2D(operation(inputs, { scaling, bfloat16: Number(bfloat16) }));
}

/** E [r, 1] as [1, r]. */
function row(e: tf.Tensor): tf.Tensor2D {
  return tf.reshape(e, [1, -1]);
}
