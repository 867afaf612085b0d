import * as tf from '@tensorflow/tfjs-core';
import { as1D, at, attribute, defineOperation, first, input } from '../autograd/operation.ts';

interface Term {
  value(x: tf.Tensor): tf.Tensor;
  slope(x: tf.Tensor): tf.Tensor;
}

/** The attribute `term` is an index into it. */
const terms = {
  sigmoid: {
    value: tf.sigmoid,
    slope: (x) => tf.mul(tf.sigmoid(x), tf.sigmoid(tf.neg(x))),
  },
  // −log(1 + e^−x) without an overflow.
  log_sigmoid: {
    value: (x) => tf.neg(tf.add(tf.relu(tf.neg(x)), tf.log1p(tf.exp(tf.neg(tf.abs(x)))))),
    slope: (x) => tf.sigmoid(tf.neg(x)),
  },
  // log(1 − e^x) of x below 0, which loses digits near 0 unless it is taken by expm1.
  log1mexp: {
    value: (x) => tf.where(tf.less(x, -Math.LN2), tf.log1p(tf.neg(tf.exp(x))), tf.log(tf.neg(tf.expm1(x)))),
    slope: (x) => tf.div(tf.exp(x), tf.expm1(x)),
  },
  relu: { value: tf.relu, slope: (x) => tf.cast(tf.greater(x, 0), 'float32') },
} as const satisfies Record<string, Term>;
export type PreferenceTerm = keyof typeof terms;
const names = Object.keys(terms);
const places = Object.values<Term>(terms);

const operation = defineOperation({
  name: 'CotoPreferenceTerm',
  compose: (inputs, attributes) => at(places, attribute(attributes, 'term')).value(input(inputs, 'x')),
  saved: { inputs: ['x'] },
  gradients: (dy, saved, attributes) => ({
    x: () => tf.mul(dy, at(places, attribute(attributes, 'term')).slope(input(saved, 'x'))),
  }),
});

/** Computes each value separately: σ(x), log σ(x), log(1 − eˣ), or relu(x). x [values]; the gradient goes to x. */
export function preferenceTerm(x: tf.Tensor1D, term: PreferenceTerm): tf.Tensor1D {
  return as1D(first(operation({ x }, { term: names.indexOf(term) })));
}
