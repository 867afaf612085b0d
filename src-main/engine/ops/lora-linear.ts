import * as tf from '@tensorflow/tfjs-core';
import type { FrozenWeight } from './frozen-weight.ts';
import { as2D, at, attribute, defineOperation, first, input, type Operation, single } from './operation.ts';
import { product, productOfTransposed, productWithBias } from './products.ts';

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
      const z = product(
        dropped(x, () => input(inputs, 'mask')),
        tf.transpose(input(inputs, 'a')),
      );
      const up = tf.mul(tf.transpose(input(inputs, 'b')), attribute(attributes, 'scaling'));
      const base = productWithBias(x, input(inputs, 'inputMajor'), inputs['bias'] ?? null);
      return [tf.add(base, product(z, up)), z];
    },
    saved: { inputs: ['x', 'a', 'b', 'outputMajor', ...(masked ? ['mask'] : [])], outputs: [false, true] },
    gradients: (dys, saved, attributes) => {
      const dy = single(dys);
      const scaling = attribute(attributes, 'scaling');
      const mask = () => at(saved, 4);
      const z = at(saved, saved.length - 1);
      // dz [rows, r] serves both x and A.
      const dz = product(dy, tf.mul(at(saved, 2), scaling));
      return {
        x: () => tf.add(product(dy, at(saved, 3)), dropped(product(dz, at(saved, 1)), mask)),
        a: () => productOfTransposed(dz, dropped(at(saved, 0), mask)),
        b: () => tf.mul(tf.transpose(productOfTransposed(z, dy)), scaling),
      };
    },
  });
}
