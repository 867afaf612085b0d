import * as tf from '@tensorflow/tfjs-core';
import { as2D, attribute, defineOperation, givenInputs, input, multiply, only2D } from '../autograd/operation.ts';

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** [k], multiplies the columns of a, which is not transposed then. */
  readonly columnScale?: tf.Tensor | undefined;
  /** Factor of the product alone. Default 1. */
  readonly scale?: number;
  /** [columns], added to every row. */
  readonly bias?: tf.Tensor | null | undefined;
  /** [rows, columns], added. */
  readonly addend?: tf.Tensor | undefined;
  /** [rows, columns]: multiplies the sum of all the rest. */
  readonly multiplier?: tf.Tensor | undefined;
  /** A second product with as many rows and columns, added: a [rows, k], b [k, columns] (or transposed), its own scale. */
  readonly also?: {
    readonly a: tf.Tensor;
    readonly b: tf.Tensor;
    readonly transposeB?: boolean;
    readonly scale?: number;
  };
  /** b never changes: a backend may repack it once and keep that for the life of the tensor. */
  readonly frozen?: boolean;
  /** A backend may compute a·b (not the second product) in bfloat16, with sums in float32. */
  readonly bfloat16?: boolean;
}

const operation = defineOperation({
  name: 'CotoMatmul',
  compose: (inputs, attributes) => {
    const flag = (name: string) => attribute(attributes, name) !== 0;
    const [a, b] = [as2D(input(inputs, 'a')), as2D(input(inputs, 'b'))];
    const raw = multiply(a, b, flag('transposeA'), flag('transposeB'));
    const { bias, addend, multiplier, a2, b2 } = inputs;
    let result = scaled(raw, attribute(attributes, 'scale'));
    if (bias !== undefined) result = tf.add(result, bias);
    if (addend !== undefined) result = tf.add(result, addend);
    if (a2 !== undefined && b2 !== undefined) {
      const second = multiply(as2D(a2), as2D(b2), false, flag('transposeB2'));
      result = tf.add(result, scaled(second, attribute(attributes, 'scale2')));
    }
    return multiplier === undefined ? result : tf.mul(result, multiplier);
  },
});

/** The same of a ∘ columnScale, which a backend may multiply block by block. */
const scaledOperation = defineOperation({
  name: 'CotoColumnScaledMatmul',
  compose: ({ columnScale, ...inputs }, attributes) => {
    if (columnScale === undefined) throw new Error('there is no column scale');
    return operation({ ...inputs, a: tf.mul(input(inputs, 'a'), columnScale) }, attributes);
  },
});

/**
 * (scale · op(a [∘ columnScale]) · op(b) [+ bias] [+ addend] [+ a second product]) [∘ multiplier], where op transposes or not.
 * Has no gradient: for use inside operations.
 */
export function matmul(a: tf.Tensor, b: tf.Tensor, options: MatmulOptions = {}): tf.Tensor2D {
  const { transposeA, transposeB, columnScale, scale = 1, bias, addend, multiplier, also, frozen, bfloat16 } = options;
  const attributes = {
    transposeA: Number(transposeA ?? false),
    transposeB: Number(transposeB ?? false),
    scale,
    transposeB2: Number(also?.transposeB ?? false),
    scale2: also?.scale ?? 1,
    frozen: Number(frozen ?? false),
    bfloat16: Number(bfloat16 ?? false),
  };
  const inputs = givenInputs({ a, b, columnScale, bias, addend, multiplier, a2: also?.a, b2: also?.b });
  return only2D((columnScale ? scaledOperation : operation)(inputs, attributes));
}

function scaled(x: tf.Tensor, factor: number): tf.Tensor {
  return factor === 1 ? x : tf.mul(x, factor);
}
