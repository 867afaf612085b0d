import * as tf from '@tensorflow/tfjs-core';
import { once } from '../../../../src-shared/once.ts';
import type { AccumulatedGradient } from '../autograd/accumulated-gradient.ts';
import {
  attribute,
  defineOperation,
  givenInputs,
  input,
  type Operation,
  type OperationAttributes,
  only2D,
} from '../autograd/operation.ts';
import { inverseNorms } from './dora-row-scale.ts';
import { dropped } from './dropped.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { multiplierOrAddend } from './linear-options.ts';
import { doraBackward, doraGradients } from './lora-gradients.ts';
import type { LoraLinearOptions } from './lora-linear.ts';
import { matmul } from './matmul.ts';

const plain = defineDoraLinear('CotoDoraLinear', false);
const withDropout = defineDoraLinear('CotoDoraLinearDropout', true);

/**
 * DoRA (Liu et al. 2024) as PEFT computes it: m / ‖W + s·B·A‖ ∘ (W·x + s·B·A·x) + b [+ residual], norms by output and
 * held fixed in the backward pass (section 4.3 of the paper). With dropout x̃ is in both products of the changed weight, and
 * W·(x − x̃) is added. x [rows, in], A [r, in], B [out, r], m [out] → [rows, out]. Gradients go to x, A, B, m and the residual.
 */
export function doraLinear(
  x: tf.Tensor2D,
  frozen: FrozenWeight,
  factors: { readonly a: tf.Tensor; readonly b: tf.Tensor; readonly magnitude: tf.Tensor; readonly scaling: number },
  options: LoraLinearOptions = {},
): tf.Tensor2D {
  const { weight, bias, bfloat16 } = frozen;
  const { a, b, magnitude, scaling } = factors;
  const { residual, derivative, dropoutMask: mask } = options;
  const squares = frozen.squaresByOutput(1);
  const inputs = givenInputs({ x, a, b, magnitude, squares, weight, bias, residual, derivative, mask });
  const attributes = { scaling, bfloat16: Number(bfloat16), hasResidual: Number(residual !== undefined) };
  return only2D((mask ? withDropout : plain)(inputs, attributes));
}

/**
 * Outputs: y [rows, out], then what the gradients need: z = x̃·Aᵀ [rows, r], the changed weight's product h [rows, out] before
 * it is scaled (or, where a backend can make it again of that, y itself), the inverse norms [out] and the row scale [out].
 */
function defineDoraLinear(name: string, masked: boolean): Operation {
  return defineOperation({
    name,
    compose: (inputs, attributes) => {
      const [x, a, b, weight] = [input(inputs, 'x'), input(inputs, 'a'), input(inputs, 'b'), input(inputs, 'weight')];
      const scale = attribute(attributes, 'scaling');
      const own = productOptions(attributes);
      const squares = input(inputs, 'squares');
      const inverse = inverseNorms({ a, b, weight, squares, scaling: scale, bfloat16: own.bfloat16, isTable: false });
      const adapted = dropped(inputs);
      const z = matmul(adapted, a, { transposeB: true });
      const h = matmul(adapted, weight, { ...own, transposeB: true, also: { a: z, b, transposeB: true, scale } });
      const rowScale = tf.mul(input(inputs, 'magnitude'), inverse);
      const turned = tf.mul(h, rowScale);
      const { bias, residual } = inputs;
      if (masked) {
        const rest = tf.sub(x, adapted);
        const y = matmul(rest, weight, { ...own, transposeB: true, bias, addend: residual });
        return [tf.add(y, turned), z, h, inverse, rowScale];
      }
      const biased = bias === undefined ? turned : tf.add(turned, bias);
      return [residual === undefined ? biased : tf.add(biased, residual), z, h, inverse, rowScale];
    },
    saved: {
      inputs: ['x', 'mask', 'derivative'],
      lasting: ['a', 'b', 'weight', 'bias'],
      outputs: [null, 'z', 'product', 'inverse', 'rowScale'],
      states: ['x', 'mask', 'derivative', 'product'],
    },
    gradients: (dy, saved, attributes) => {
      const own = productOptions(attributes);
      const [a, weight, rowScale] = [input(saved, 'a'), input(saved, 'weight'), input(saved, 'rowScale')];
      const parts = once(() => ({
        x: dropped(saved),
        z: input(saved, 'z'),
        a,
        b: input(saved, 'b'),
        weight,
        bias: saved['bias'],
        product: input(saved, 'product'),
        rowScale,
        inverse: input(saved, 'inverse'),
        scaling: attribute(attributes, 'scaling'),
        isPlain: !masked && attribute(attributes, 'hasResidual') === 0,
        bfloat16: own.bfloat16,
      }));
      // Computes the adapter's gradients alone, unless they were computed together with that of x.
      let made: ReturnType<typeof doraBackward> | null = null;
      const gradients = once(() => doraGradients(dy, parts()));
      const adapter = () => made ?? gradients();
      const x = (accumulated?: AccumulatedGradient) => {
        const multiplier = saved['derivative'];
        if (masked) {
          const options = { ...own, columnScale: tf.sub(rowScale, 1), also: { a: gradients().dz, b: a } };
          const changed = matmul(dy, weight, options);
          return matmul(dy, weight, { ...own, multiplier, addend: tf.mul(changed, input(saved, 'mask')) });
        }
        made = doraBackward(dy, parts(), multiplierOrAddend(multiplier, accumulated));
        return made.x;
      };
      return {
        x,
        a: () => adapter().a,
        b: () => adapter().b,
        magnitude: () => adapter().magnitude,
        residual: () => dy,
      };
    },
  });
}

/** Options of the products with the frozen weight. */
function productOptions(attributes: OperationAttributes) {
  return { frozen: true, bfloat16: attribute(attributes, 'bfloat16') !== 0 };
}
