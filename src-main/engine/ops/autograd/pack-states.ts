import * as tf from '@tensorflow/tfjs-core';
import { as2D, attribute, defineOperation, input, only2D } from './operation.ts';

const join = defineOperation({
  name: 'CotoPackStates',
  compose: (inputs) => {
    const [x, carried] = [as2D(input(inputs, 'x')), as2D(input(inputs, 'carried'))];
    const width = x.shape[1];
    const rows = Math.ceil(carried.size / width);
    const flat = tf.pad(tf.reshape(carried, [carried.size]), [[0, rows * width - carried.size]]);
    return tf.concat([x, tf.reshape(flat, [rows, width])], 0);
  },
  saved: { inputs: ['x', 'carried'] },
  gradients: (dy, saved) => {
    const [x, carried] = [as2D(input(saved, 'x')), as2D(input(saved, 'carried'))];
    return {
      x: () => tf.slice(as2D(dy), [0, 0], x.shape),
      carried: () => valuesFrom(as2D(dy), x.shape[0], carried.shape),
    };
  },
});

const first = defineOperation({
  name: 'CotoUnpackedRows',
  compose: (inputs, attributes) => {
    const x = as2D(input(inputs, 'x'));
    return tf.slice(x, [0, 0], [attribute(attributes, 'rows'), x.shape[1]]);
  },
  gradients: (dy, _, attributes) => ({
    x: () =>
      tf.pad(as2D(dy), [
        [0, attribute(attributes, 'all') - attribute(attributes, 'rows')],
        [0, 0],
      ]),
  }),
});

const last = defineOperation({
  name: 'CotoUnpackedValues',
  compose: (inputs, attributes) => {
    const shape: [number, number] = [attribute(attributes, 'carriedRows'), attribute(attributes, 'carriedWidth')];
    return valuesFrom(as2D(input(inputs, 'x')), attribute(attributes, 'rows'), shape);
  },
  gradients: (dy, _, attributes) => ({
    x: () => {
      const [all, rows, width] = ['all', 'rows', 'width'].map((name) => attribute(attributes, name));
      const total = (all ?? 0) * (width ?? 0);
      const start = (rows ?? 0) * (width ?? 0);
      const flat = tf.pad(tf.reshape(dy, [dy.size]), [[start, total - start - dy.size]]);
      return tf.reshape(flat, [all ?? 0, width ?? 0]);
    },
  }),
});

/**
 * x [rows, width] with all values of `carried`, of any shape, appended as further rows, so that one tensor holds both.
 * Gradients go to both.
 */
export function packStates(x: tf.Tensor2D, carried: tf.Tensor2D): tf.Tensor2D {
  return only2D(join({ x, carried }));
}

/** Inverse of `packStates`: the first `rows` rows, and the matrix [carriedRows, carriedWidth] carried along with them. */
export function unpackStates(
  x: tf.Tensor2D,
  rows: number,
  [carriedRows, carriedWidth]: readonly [number, number],
): { x: tf.Tensor2D; carried: tf.Tensor2D } {
  const [all, width] = x.shape;
  return {
    x: only2D(first({ x }, { rows, all })),
    carried: only2D(last({ x }, { rows, all, width, carriedRows, carriedWidth })),
  };
}

function valuesFrom(x: tf.Tensor2D, row: number, shape: [number, number]): tf.Tensor2D {
  const [rows, width] = x.shape;
  const flat = tf.reshape(tf.slice(x, [row, 0], [rows - row, width]), [(rows - row) * width]);
  return as2D(tf.reshape(tf.slice(flat, [0], [shape[0] * shape[1]]), shape));
}
