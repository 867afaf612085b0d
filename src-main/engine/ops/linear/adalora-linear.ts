import * as tf from '@tensorflow/tfjs-core';
import { as2D, attribute, defineOperation, first, givenInputs, input, type Operation } from '../autograd/operation.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { multiplierOrAddend } from './linear-options.ts';
import type { LoraLinearOptions } from './lora-linear.ts';
import { matmul } from './matmul.ts';

const plain = defineAdaloraLinear('CotoAdaloraLinear', false);
const withDropout = defineAdaloraLinear('CotoAdaloraLinearDropout', true);

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
  const results = (mask ? withDropout : plain)(inputs, { scaling, bfloat16: Number(bfloat16) });
  tf.dispose(results.slice(1));
  return as2D(first(results));
}

/** Outputs: y [rows, out], z = (x ∘ mask)·Aᵀ and z ∘ e, [rows, r]. */
function defineAdaloraLinear(name: string, masked: boolean): Operation {
  const dropped = (x: tf.Tensor, inputs: Readonly<Record<string, tf.Tensor>>) =>
    masked ? tf.mul(x, input(inputs, 'mask')) : x;
  const row = (e: tf.Tensor) => tf.reshape<tf.Rank.R2>(e, [1, -1]);
  return defineOperation({
    name,
    compose: (inputs, attributes) => {
      const x = input(inputs, 'x');
      const z = matmul(dropped(x, inputs), input(inputs, 'a'), { transposeB: true });
      const weighted = tf.mul<tf.Tensor2D>(z, row(input(inputs, 'e')));
      const y = matmul(x, input(inputs, 'weight'), {
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
    },
    gradients: (dy, saved, attributes) => {
      const scale = attribute(attributes, 'scaling');
      const options = { frozen: true, bfloat16: attribute(attributes, 'bfloat16') !== 0 };
      const multiplier = saved['derivative'];
      const [a, weight, e] = [input(saved, 'a'), input(saved, 'weight'), input(saved, 'e')];
      // Of z ∘ e, and of z, [rows, r].
      const ofWeighted = matmul(dy, input(saved, 'b'), { scale });
      const dz = tf.mul<tf.Tensor2D>(ofWeighted, row(e));
      return {
        x: (accumulated) =>
          masked
            ? matmul(dy, weight, { ...options, multiplier, addend: tf.mul(matmul(dz, a), input(saved, 'mask')) })
            : matmul(dy, weight, { ...options, ...multiplierOrAddend(multiplier, accumulated), also: { a: dz, b: a } }),
        a: () => matmul(dz, dropped(input(saved, 'x'), saved), { transposeA: true }),
        b: () => matmul(dy, input(saved, 'weighted'), { transposeA: true, scale }),
        e: () => tf.reshape(tf.sum(tf.mul(ofWeighted, input(saved, 'z')), 0), e.shape),
        residual: () => dy,
      };
    },
  });
}
