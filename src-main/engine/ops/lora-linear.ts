import * as tf from '@tensorflow/tfjs-core';
import type { FrozenWeight } from './frozen-weight.ts';
import { as2D, at, attribute, defineOperation, first, input, type Operation, single } from './operation.ts';
import { product } from './products.ts';

const plain = defineLoraLinear('CotoLoraLinear', false);
const withDropout = defineLoraLinear('CotoLoraLinearDropout', true);

/**
 * x·W + b + scaling · (x ∘ mask)·Aᵀ·Bᵀ without ever making ΔW (Hu et al. 2021, LoRA). x [rows, in], A [r, in], B [out, r];
 * `dropoutMask` [rows, in] holds 0 or 1 / (1 − dropout), or is null. Gradients go to x, A and B.
 */
export function loraLinear(
  x: tf.Tensor2D,
  frozen: FrozenWeight,
  a: tf.Tensor,
  b: tf.Tensor,
  scaling: number,
  dropoutMask: tf.Tensor2D | null,
): tf.Tensor2D {
  const { inputMajor, outputMajor, bias } = frozen;
  const inputs = { x, a, b, inputMajor, outputMajor, ...(bias === null ? {} : { bias }) };
  const results =
    dropoutMask === null ? plain(inputs, { scaling }) : withDropout({ ...inputs, mask: dropoutMask }, { scaling });
  results[1]?.dispose();
  return as2D(first(results));
}

/** Outputs: y [rows, out], and z = x·Aᵀ [rows, r], which the gradient of B needs. */
function defineLoraLinear(name: string, masked: boolean): Operation {
  const dropped = (x: tf.Tensor, mask: () => tf.Tensor) => (masked ? tf.mul(x, mask()) : x);
  return defineOperation({
    name,
    compose: (inputs, attributes) => {
      const x = input(inputs, 'x');
      const scale = attribute(attributes, 'scaling');
      const adapterInput = dropped(x, () => input(inputs, 'mask'));
      const z = product(adapterInput, input(inputs, 'a'), { transposeB: true });
      const also = { a: z, b: input(inputs, 'b'), transposeB: true, scale };
      return [product(x, input(inputs, 'inputMajor'), { bias: inputs['bias'] ?? null, also }), z];
    },
    saved: { inputs: ['x', 'a', 'b', 'outputMajor', ...(masked ? ['mask'] : [])], outputs: [false, true] },
    gradients: (dys, saved, attributes) => {
      const dy = single(dys);
      const scale = attribute(attributes, 'scaling');
      const [x, a, b, outputMajor] = [at(saved, 0), at(saved, 1), at(saved, 2), at(saved, 3)];
      const mask = () => at(saved, 4);
      const z = at(saved, saved.length - 1);
      // dz [rows, r] serves both x and A.
      const dz = product(dy, b, { scale });
      return {
        x: () =>
          masked
            ? tf.add(product(dy, outputMajor), tf.mul(product(dz, a), mask()))
            : product(dy, outputMajor, { also: { a: dz, b: a } }),
        a: () => product(dz, dropped(x, mask), { transposeA: true }),
        b: () => product(dy, z, { transposeA: true, scale }),
      };
    },
  });
}
