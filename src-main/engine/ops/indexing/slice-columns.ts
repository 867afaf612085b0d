import * as tf from '@tensorflow/tfjs-core';
import { as2D, attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoSliceColumns',
  compose: (inputs, attributes) => {
    const x = input(inputs, 'x');
    return tf.slice(x, [0, attribute(attributes, 'start')], [x.shape[0] ?? 0, attribute(attributes, 'count')]);
  },
  gradients: (dy, _, attributes) => ({
    x: () => {
      const [rows = 0, count = 0] = dy.shape;
      const start = attribute(attributes, 'start');
      const after = attribute(attributes, 'width') - start - count;
      const parts = [start, 0, after].map((width) => tf.zeros([rows, width]));
      return tf.concat([...(start > 0 ? parts.slice(0, 1) : []), dy, ...(after > 0 ? parts.slice(2) : [])], 1);
    },
  }),
});

/** Columns start … start + count of x [rows, width] → [rows, count]. The gradient goes to x. */
export function sliceColumns(x: tf.Tensor2D, start: number, count: number): tf.Tensor2D {
  return only2D(operation({ x }, { start, count, width: x.shape[1] }));
}

const join = defineOperation({
  name: 'CotoJoinColumns',
  compose: (inputs) => tf.concat2d([as2D(input(inputs, 'first')), as2D(input(inputs, 'last'))], 1),
  gradients: (dy, _, attributes) => {
    const [first, last] = [attribute(attributes, 'first'), attribute(attributes, 'last')];
    return {
      first: () => sliceColumns(as2D(dy), 0, first),
      last: () => sliceColumns(as2D(dy), first, last),
    };
  },
});

/** The columns of two matrices with as many rows, side by side. Gradients go to both; neither is kept for them. */
export function joinColumns(first: tf.Tensor2D, last: tf.Tensor2D): tf.Tensor2D {
  return only2D(join({ first, last }, { first: first.shape[1], last: last.shape[1] }));
}
