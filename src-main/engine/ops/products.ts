import * as tf from '@tensorflow/tfjs-core';
import { as2D, attribute, defineOperation, input, only2D } from './operation.ts';

export interface ProductOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Factor of the product alone. Default 1. */
  readonly scale?: number;
  /** [columns], added to every row. */
  readonly bias?: tf.Tensor | null;
  /** [rows, columns], added. */
  readonly plus?: tf.Tensor;
  /** A second product with as many rows and columns, added: a [rows, k], b [k, columns] (or transposed), its own scale. */
  readonly also?: {
    readonly a: tf.Tensor;
    readonly b: tf.Tensor;
    readonly transposeB?: boolean;
    readonly scale?: number;
  };
}

/**
 * The composition avoids tfjs's transpose flags: on its wasm backend they cost ten times the product, while transposing a
 * thin operand first costs next to nothing.
 */
const operation = defineOperation({
  name: 'CotoProduct',
  compose: (inputs, attributes) => {
    const a = oriented(input(inputs, 'a'), attribute(attributes, 'transposeA'));
    const b = oriented(input(inputs, 'b'), attribute(attributes, 'transposeB'));
    const scale = attribute(attributes, 'scale');
    const { bias, plus } = inputs;
    let result: tf.Tensor;
    if (bias !== undefined && scale === 1)
      result = tf.fused.matMul({ a, b, transposeA: false, transposeB: false, bias });
    else {
      const raw = tf.matMul(a, b);
      const scaled = scale === 1 ? raw : tf.mul(raw, scale);
      result = bias === undefined ? scaled : tf.add(scaled, bias);
    }
    if (plus !== undefined) result = tf.add(result, plus);
    const { a2, b2 } = inputs;
    if (a2 === undefined || b2 === undefined) return result;
    const second = tf.matMul(as2D(a2), oriented(b2, attribute(attributes, 'transposeB2')));
    return tf.add(result, tf.mul(second, attribute(attributes, 'scale2')));
  },
});

/** scale · op(a) · op(b) [+ bias] [+ plus] [+ a second product], where op transposes or not. Has no gradient: it serves inside operations. */
export function product(a: tf.Tensor, b: tf.Tensor, options: ProductOptions = {}): tf.Tensor2D {
  const { transposeA = false, transposeB = false, scale = 1, bias, plus, also } = options;
  const inputs = {
    a,
    b,
    ...(bias ? { bias } : {}),
    ...(plus ? { plus } : {}),
    ...(also ? { a2: also.a, b2: also.b } : {}),
  };
  const attributes = {
    transposeA: Number(transposeA),
    transposeB: Number(transposeB),
    scale,
    transposeB2: Number(also?.transposeB ?? false),
    scale2: also?.scale ?? 1,
  };
  return only2D(operation(inputs, attributes));
}

function oriented(x: tf.Tensor, transpose: number): tf.Tensor2D {
  return transpose === 0 ? as2D(x) : as2D(tf.transpose(as2D(x)));
}
