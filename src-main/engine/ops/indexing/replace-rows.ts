import * as tf from '@tensorflow/tfjs-core';
import { as1D, as2D, attribute, defineOperation, input, only2D } from '../autograd/operation.ts';
import { scatterRows } from './scatter-rows.ts';

const operation = defineOperation({
  name: 'CotoReplaceRows',
  compose: (inputs) => {
    const [x, rows] = [as2D(input(inputs, 'x')), as2D(input(inputs, 'rows'))];
    const places = as1D(input(inputs, 'places'));
    // Row 0 is for what is kept.
    const picked = tf.gather(tf.concat([tf.zeros([1, rows.shape[1]]), rows], 0), places);
    return tf.add(tf.mul(x, keptRows(places)), picked);
  },
  saved: { inputs: ['places'] },
  gradients: (dy, saved, attributes) => {
    const places = as1D(input(saved, 'places'));
    const count = attribute(attributes, 'count');
    return {
      x: () => tf.mul(dy, keptRows(places)),
      rows: () => tf.slice(scatterRows(places, as2D(dy), count + 1), [1, 0], [count, -1]),
    };
  },
});

/** [rows, 1]: 1 for each row that is kept, 0 for each that is replaced. */
function keptRows(places: tf.Tensor1D): tf.Tensor {
  // Compared as float32: not every backend compares int32.
  return tf.reshape(tf.cast(tf.equal(tf.cast(places, 'float32'), 0), 'float32'), [-1, 1]);
}

/**
 * x [n, width] with some rows replaced by rows [count, width]: where places [n] int32 is 0, the row of x stays, else row
 * places − 1 takes its place. Gradients go to both; a row that is used several times gets the sum.
 */
export function replaceRows(x: tf.Tensor2D, rows: tf.Tensor2D, places: tf.Tensor1D): tf.Tensor2D {
  return only2D(operation({ x, rows, places }, { count: rows.shape[0] }));
}
