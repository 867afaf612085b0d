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
