import * as tf from '@tensorflow/tfjs-core';
import { defineOperation, input, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoLogDecay',
  compose: (inputs) => {
    const steps = softplus(tf.add(input(inputs, 'x'), input(inputs, 'stepBias')));
    return tf.neg(tf.mul(steps, tf.exp(input(inputs, 'logRate'))));
  },
  saved: { inputs: ['x'], lasting: ['logRate', 'stepBias'] },
  gradients: (dy, saved) => {
    const [x, logRate, stepBias] = [input(saved, 'x'), input(saved, 'logRate'), input(saved, 'stepBias')];
    const shifted = tf.add(x, stepBias);
    const dx = () => tf.neg(tf.mul(tf.mul(dy, tf.exp(logRate)), tf.sigmoid(shifted)));
    return {
      x: dx,
      stepBias: () => tf.sum(dx(), 0),
      logRate: () => tf.neg(tf.sum(tf.mul(dy, tf.mul(softplus(shifted), tf.exp(logRate))), 0)),
    };
  },
});

/**
 * −exp(logRate)·softplus(x + stepBias): the logarithms of the decay of a state-space layer (Mamba 2's A and dt). x [rows, heads],
 * logRate and stepBias [heads]; gradients go to all three.
 */
export function logDecay(x: tf.Tensor2D, logRate: tf.Tensor1D, stepBias: tf.Tensor1D): tf.Tensor2D {
  return only2D(operation({ x, logRate, stepBias }));
}

/** log(1 + exp(x)), without an infinite exponential. */
function softplus(x: tf.Tensor): tf.Tensor {
  return tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
}
