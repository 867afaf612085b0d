import * as tf from '@tensorflow/tfjs-core';
import { as2D, attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoRotary',
  compose: (inputs, attributes) => {
    const x = as2D(input(inputs, 'x'));
    const cos = as2D(input(inputs, 'cos'));
    const [rows, features] = x.shape;
    const [tableRows, half] = cos.shape;
    const heads = attribute(attributes, 'heads');
    const groups = rows / tableRows;
    const sign = attribute(attributes, 'inverse') === 0 ? 1 : -1;
    const table = (values: tf.Tensor) => tf.reshape(values, [1, tableRows, 1, half]);
    const [c, s] = [table(cos), tf.mul(table(input(inputs, 'sin')), sign)];
    const parted = tf.reshape(x, [groups, tableRows, heads, 2 * half]);
    const size = [groups, tableRows, heads, half];
    const [low, high] = [tf.slice(parted, [0, 0, 0, 0], size), tf.slice(parted, [0, 0, 0, half], size)];
    const turned = [tf.sub(tf.mul(low, c), tf.mul(high, s)), tf.add(tf.mul(high, c), tf.mul(low, s))];
    return tf.reshape(tf.concat(turned, 3), [rows, features]);
  },
  saved: { inputs: ['cos', 'sin'] },
  gradients: (dy, saved, attributes) => ({
    x: () =>
      only2D(
        operation(
          { x: dy, cos: input(saved, 'cos'), sin: input(saved, 'sin') },
          { ...attributes, inverse: 1 - attribute(attributes, 'inverse') },
        ),
      ),
  }),
});

/** Cosines and sines of the angles of each position, [positions, headSize / 2]. */
export interface RotaryTable {
  readonly cos: tf.Tensor2D;
  readonly sin: tf.Tensor2D;
}

/**
 * Rotary position embedding (Su et al. 2021) as in Hugging Face's Llama: within each head of headSize columns, columns i
 * and i + headSize / 2 are rotated together. x [rows, heads · headSize]; row r uses the table's row r mod its row count, so
 * that the table of one sequence is enough for a batch. The gradient goes to x.
 */
export function rotary(x: tf.Tensor2D, table: RotaryTable, heads: number): tf.Tensor2D {
  const [tableRows, half] = table.cos.shape;
  if (x.shape[1] !== 2 * half * heads || x.shape[0] % tableRows !== 0)
    throw new Error(`a rotary table of ${tableRows} × ${half} for ${heads} heads in [${x.shape.join(', ')}]`);
  return only2D(operation({ x, cos: table.cos, sin: table.sin }, { heads, inverse: 0 }));
}

/** Columns of each head that are rotated. */
export interface RotatedColumns {
  /** Their number; they are the first ones. */
  readonly size: number;
  /** Columns that are rotated together: i and i + size / 2, or 2i and 2i + 1. */
  readonly pairs: 'halves' | 'interleaved';
}

/** Rotates some columns of each head; the others stay. */
const partOperation = defineOperation({
  name: 'CotoRotaryPart',
  compose: (inputs, attributes) => {
    const x = as2D(input(inputs, 'x'));
    const [rows, width] = x.shape;
    const heads = attribute(attributes, 'heads');
    const size = attribute(attributes, 'size');
    const [headSize, half] = [width / heads, size / 2];
    const isInverse = attribute(attributes, 'inverse') !== 0;
    const isInterleaved = attribute(attributes, 'interleaved') !== 0;
    const byHead = tf.reshape(x, [rows * heads, headSize]);
    const own = tf.slice(byHead, [0, 0], [rows * heads, size]);
    const given = isInterleaved && !isInverse ? apart(own, [half, 2]) : own;
    const rotated = only2D(
      operation(
        { x: tf.reshape(given, [rows, heads * size]), cos: input(inputs, 'cos'), sin: input(inputs, 'sin') },
        { heads, inverse: Number(isInverse) },
      ),
    );
    tf.dispose([own, given]);
    const turned = tf.reshape(rotated, [rows * heads, size]);
    const made = isInterleaved && isInverse ? apart(turned, [2, half]) : turned;
    if (size === headSize) return tf.reshape(made, [rows, width]);
    const rest = tf.slice(byHead, [0, size], [rows * heads, headSize - size]);
    return tf.reshape(tf.concat([made, rest], 1), [rows, width]);
  },
  saved: { inputs: ['cos', 'sin'] },
  gradients: (dy, saved, attributes) => ({
    x: () =>
      only2D(
        partOperation(
          { x: dy, cos: input(saved, 'cos'), sin: input(saved, 'sin') },
          { ...attributes, inverse: 1 - attribute(attributes, 'inverse') },
        ),
      ),
  }),
});

/** The values of each row as a matrix of this shape, transposed. */
function apart(x: tf.Tensor, [first, second]: readonly [number, number]): tf.Tensor {
  const [rows = 0] = x.shape;
  return tf.reshape(tf.transpose(tf.reshape(x, [rows, first, second]), [0, 2, 1]), [rows, first * second]);
}

/**
 * Rotates a part of each head by a table of `size / 2` columns. Rotated pairs of neighbors come out as halves: queries and keys
 * that are reordered alike have the same products.
 */
export function rotaryPart(
  x: tf.Tensor2D,
  table: RotaryTable,
  heads: number,
  { size, pairs }: RotatedColumns,
): tf.Tensor2D {
  if (size === x.shape[1] / heads && pairs === 'halves') return rotary(x, table, heads);
  const attributes = { heads, size, interleaved: Number(pairs === 'interleaved'), inverse: 0 };
  return only2D(partOperation({ x, cos: table.cos, sin: table.sin }, attributes));
}
