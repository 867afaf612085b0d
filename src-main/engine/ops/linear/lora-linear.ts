import * as tf from '@tensorflow/tfjs-core';
import { once } from '../../../../src-shared/once.ts';
import { attribute, defineOperation, givenInputs, input, type Operation, only2D } from '../autograd/operation.ts';
import { dropped } from './dropped.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { type LinearOptions, multiplierOrAddend } from './linear-options.ts';
import { loraBackward, loraGradients } from './lora-gradients.ts';
import { matmul } from './matmul.ts';

const plain = defineLoraLinear('CotoLoraLinear', false);
const withDropout = defineLoraLinear('CotoLoraLinearDropout', true);

export interface LoraLinearOptions extends LinearOptions {
  /** [rows, in], of 0 and 1 / (1 − dropout): multiplies the adapter's input. */
  readonly dropoutMask?: tf.Tensor2D | null | undefined;
}

/**
 * x·Wᵀ + b [+ residual] + scaling · (x ∘ mask)·Aᵀ·Bᵀ without ever making ΔW (Hu et al. 2021, LoRA). x [rows, in], A [r, in],
 * B [out, r] → [rows, out]. Gradients go to x, A, B and the residual.
 */
export function loraLinear(
  x: tf.Tensor2D,
  frozen: FrozenWeight,
  factors: { readonly a: tf.Tensor; readonly b: tf.Tensor; readonly scaling: number },
  options: LoraLinearOptions = {},
): tf.Tensor2D {
  const { weight, bias, bfloat16 } = frozen;
  const { a, b, scaling } = factors;
  const { residual, derivative, dropoutMask: mask } = options;
  const inputs = givenInputs({ x, a, b, weight, bias, residual, derivative, mask });
  return only2D((mask ? withDropout : plain)(inputs, { scaling, bfloat16: Number(bfloat16) }));
}

/** Outputs: y [rows, out], and z = (x ∘ mask)·Aᵀ [rows, r], which the gradient of B needs. */
function defineLoraLinear(name: string, masked: boolean): Operation {
  return defineOperation({
    name,
    compose: (inputs, attributes) => {
      const z = matmul(dropped(inputs), input(inputs, 'a'), { transposeB: true });
      const y = matmul(input(inputs, 'x'), input(inputs, 'weight'), {
        transposeB: true,
        bias: inputs['bias'],
        addend: inputs['residual'],
        also: { a: z, b: input(inputs, 'b'), transposeB: true, scale: attribute(attributes, 'scaling') },
        frozen: true,
        bfloat16: attribute(attributes, 'bfloat16') !== 0,
      });
      return [y, z];
    },
    saved: {
      inputs: ['x', 'mask', 'derivative'],
      lasting: ['a', 'b', 'weight'],
      outputs: [null, 'z'],
      states: ['x', 'mask', 'derivative'],
    },
    gradients: (dy, saved, attributes) => {
      const bfloat16 = attribute(attributes, 'bfloat16') !== 0;
      const multiplier = saved['derivative'];
      const [a, weight] = [input(saved, 'a'), input(saved, 'weight')];
      const parts = once(() => ({
        x: dropped(saved),
        z: input(saved, 'z'),
        b: input(saved, 'b'),
        scaling: attribute(attributes, 'scaling'),
        bfloat16,
      }));
      // Computes the gradients of A and B alone, unless they were computed together with that of x.
      let made: ReturnType<typeof loraBackward> | null = null;
      const gradients = once(() => loraGradients(dy, parts()));
      const own = () => made ?? gradients();
      return {
        x: (accumulated) => {
          if (masked) {
            const addend = tf.mul(matmul(gradients().dz, a), input(saved, 'mask'));
            return matmul(dy, weight, { frozen: true, bfloat16, multiplier, addend });
          }
          made = loraBackward(dy, parts(), { a, weight, ...multiplierOrAddend(multiplier, accumulated) });
          return made.x;
        },
        a: () => own().a,
        b: () => own().b,
        residual: () => dy,
      };
    },
  });
}
