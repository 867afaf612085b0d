import type * as tf from '@tensorflow/tfjs-core';
import {
  at,
  attribute,
  defineOperation,
  givenInputs,
  input,
  type OperationAttributes,
  type OperationInputs,
} from '../autograd/operation.ts';
import { rowScaleGradients } from './dora-row-scale.ts';
import { matmul } from './matmul.ts';

/** Inputs of the gradients of LoRA's factors. */
interface LoraParts {
  /** [rows, in], after dropout. */
  readonly x: tf.Tensor;
  /** x·Aᵀ [rows, r] */
  readonly z: tf.Tensor;
  /** [out, r] */
  readonly b: tf.Tensor;
  readonly scaling: number;
}

/**
 * Additional inputs of DoRA's gradients. Same as for `rowScaleGradients`, except that `product` may be something else.
 */
interface RowScale {
  /** Value saved by the backend's linear: h [rows, out], or the values to recompute h from. */
  readonly product: tf.Tensor;
  readonly rowScale: tf.Tensor;
  readonly inverse: tf.Tensor;
  /** [r, in] */
  readonly a: tf.Tensor;
  /** [out, in] */
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor | undefined;
  /** True if the linear's output is only h ∘ rowScale and the bias. */
  readonly isPlain: boolean;
}

/** Additional inputs of the gradient of the linear's input. */
interface InputParts {
  /** [r, in] */
  readonly a: tf.Tensor;
  /** [out, in] */
  readonly weight: tf.Tensor;
  /** [rows, in], as for `matmul`. */
  readonly addend?: tf.Tensor | undefined;
  readonly multiplier?: tf.Tensor | undefined;
}

function compose(dh: tf.Tensor, inputs: OperationInputs, scale: number): [dz: tf.Tensor, a: tf.Tensor, b: tf.Tensor] {
  const dz = matmul(dh, input(inputs, 'b'), { scale });
  return [
    dz,
    matmul(dz, input(inputs, 'x'), { transposeA: true }),
    matmul(dh, input(inputs, 'z'), { transposeA: true, scale }),
  ];
}

const ofLora = defineOperation({
  name: 'CotoLoraGradient',
  compose: (inputs, attributes) => compose(input(inputs, 'dy'), inputs, attribute(attributes, 'scaling')),
});

const ofDora = defineOperation({
  name: 'CotoDoraGradient',
  compose: (inputs, attributes) => {
    const { dh, magnitude } = rowScaleGradients(input(inputs, 'dy'), {
      h: input(inputs, 'product'),
      rowScale: input(inputs, 'rowScale'),
      inverse: input(inputs, 'inverse'),
    });
    return [...compose(dh, inputs, attribute(attributes, 'scaling')), magnitude];
  },
});

const backwardOfLora = defineOperation({
  name: 'CotoLoraBackward',
  compose: (inputs, attributes) => {
    const { dz, a, b } = loraGradients(input(inputs, 'dy'), {
      x: input(inputs, 'x'),
      z: input(inputs, 'z'),
      b: input(inputs, 'b'),
      scaling: attribute(attributes, 'scaling'),
      bfloat16: attribute(attributes, 'bfloat16') !== 0,
    });
    return [inputGradient(inputs, attributes, dz), a, b];
  },
});

const backwardOfDora = defineOperation({
  name: 'CotoDoraBackward',
  compose: (inputs, attributes) => {
    const { addend: _, multiplier: __, ...needed } = inputs;
    const [dz, ...own] = ofDora(needed, attributes);
    if (dz === undefined) throw new Error('there is no gradient of inner values');
    return [inputGradient(inputs, attributes, dz), ...own];
  },
});

/** (dy [∘ rowScale] · W + dz·A [+ addend]) [∘ multiplier] */
function inputGradient(inputs: OperationInputs, attributes: OperationAttributes, dz: tf.Tensor): tf.Tensor {
  const { rowScale: columnScale, addend, multiplier } = inputs;
  return matmul(input(inputs, 'dy'), input(inputs, 'weight'), {
    columnScale,
    addend,
    multiplier,
    also: { a: dz, b: input(inputs, 'a') },
    frozen: true,
    bfloat16: attribute(attributes, 'bfloat16') !== 0,
  });
}

/**
 * The gradients of LoRA's inner values z [rows, r], of A [r, in] and of B [out, r] for dy [rows, out]; with `bfloat16` a backend
 * may round what it multiplies. Has no gradient: it serves inside operations.
 */
export function loraGradients(
  dy: tf.Tensor,
  { x, z, b, scaling, bfloat16 }: LoraParts & { readonly bfloat16: boolean },
): { dz: tf.Tensor; a: tf.Tensor; b: tf.Tensor } {
  const results = ofLora({ dy, x, z, b }, { scaling, bfloat16: Number(bfloat16) });
  return { dz: at(results, 0), a: at(results, 1), b: at(results, 2) };
}

/** The gradients of a LoRA linear's input x [rows, in], of A and of B, in as few passes as a backend can. Has no gradient. */
export function loraBackward(
  dy: tf.Tensor,
  { scaling, x, z, b, bfloat16 }: LoraParts & { readonly bfloat16: boolean },
  { a, weight, addend, multiplier }: InputParts,
): { x: tf.Tensor; a: tf.Tensor; b: tf.Tensor } {
  const inputs = givenInputs({ dy, x, z, b, a, weight, addend, multiplier });
  const results = backwardOfLora(inputs, { scaling, bfloat16: Number(bfloat16) });
  return { x: at(results, 0), a: at(results, 1), b: at(results, 2) };
}

/** The same of DoRA, whose product h is scaled by row: z, A and B for dy ∘ rowScale, and the gradient of the magnitudes [out]. */
export function doraGradients(
  dy: tf.Tensor,
  { x, z, a, b, weight, bias, product, rowScale, inverse, scaling, isPlain }: LoraParts & RowScale,
): { dz: tf.Tensor; a: tf.Tensor; b: tf.Tensor; magnitude: tf.Tensor } {
  const inputs = givenInputs({ dy, x, z, a, b, weight, bias, product, rowScale, inverse });
  const results = ofDora(inputs, { scaling, isPlain: Number(isPlain) });
  return { dz: at(results, 0), a: at(results, 1), b: at(results, 2), magnitude: at(results, 3) };
}

/** The gradients of a DoRA linear's input x [rows, in], of A, of B and of the magnitudes, as `loraBackward`. Has no gradient. */
export function doraBackward(
  dy: tf.Tensor,
  parts: LoraParts & RowScale & { readonly bfloat16: boolean },
  { addend, multiplier }: Pick<InputParts, 'addend' | 'multiplier'>,
): { x: tf.Tensor; a: tf.Tensor; b: tf.Tensor; magnitude: tf.Tensor } {
  const { x, z, a, b, weight, bias, product, rowScale, inverse, scaling, isPlain, bfloat16 } = parts;
  const inputs = givenInputs({ dy, x, z, a, b, weight, bias, product, rowScale, inverse, addend, multiplier });
  const results = backwardOfDora(inputs, { scaling, isPlain: Number(isPlain), bfloat16: Number(bfloat16) });
  return { x: at(results, 0), a: at(results, 1), b: at(results, 2), magnitude: at(results, 3) };
}
