import type * as tf from '@tensorflow/tfjs-core';
import { at, attribute, defineOperation, givenInputs, input, type OperationInputs } from '../autograd/operation.ts';
import { rowScaleGradients } from './dora-row-scale.ts';
import { matmul } from './matmul.ts';

/** What the gradients of LoRA's factors are made of. */
interface LoraParts {
  /** [rows, in], after dropout. */
  readonly x: tf.Tensor;
  /** x·Aᵀ [rows, r] */
  readonly z: tf.Tensor;
  /** [out, r] */
  readonly b: tf.Tensor;
  readonly scaling: number;
}

/** What DoRA's gradients need beside: as `rowScaleGradients` has them, but that `product` may be something else. */
interface RowScale {
  /** What the backend's linear gave for its gradients: h [rows, out], or what it can make h of again. */
  readonly product: tf.Tensor;
  readonly rowScale: tf.Tensor;
  readonly inverse: tf.Tensor;
  /** [r, in] */
  readonly a: tf.Tensor;
  /** [out, in] */
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor | undefined;
  /** Whether nothing but h ∘ rowScale and the bias is in the linear's output. */
  readonly isPlain: boolean;
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

/** The same of DoRA, whose product h is scaled by row: z, A and B for dy ∘ rowScale, and the gradient of the magnitudes [out]. */
export function doraGradients(
  dy: tf.Tensor,
  { x, z, a, b, weight, bias, product, rowScale, inverse, scaling, isPlain }: LoraParts & RowScale,
): { dz: tf.Tensor; a: tf.Tensor; b: tf.Tensor; magnitude: tf.Tensor } {
  const inputs = givenInputs({ dy, x, z, a, b, weight, bias, product, rowScale, inverse });
  const results = ofDora(inputs, { scaling, isPlain: Number(isPlain) });
  return { dz: at(results, 0), a: at(results, 1), b: at(results, 2), magnitude: at(results, 3) };
}
