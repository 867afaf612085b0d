import * as tf from '@tensorflow/tfjs-core';
import { at, defineOperation, input, only2D } from '../autograd/operation.ts';

const gradient = defineOperation({
  name: 'CotoGatedSiluGradient',
  compose: (inputs) => {
    const [gate, up, dy] = [input(inputs, 'gate'), input(inputs, 'up'), input(inputs, 'dy')];
    const open = tf.sigmoid(gate);
    const activated = tf.mul(gate, open);
    const slope = tf.add(open, tf.mul(activated, tf.sub(1, open)));
    return [tf.mul(tf.mul(dy, up), slope), tf.mul(dy, activated)];
  },
});

const operation = defineOperation({
  name: 'CotoGatedSilu',
  compose: (inputs) => {
    const gate = input(inputs, 'gate');
    return tf.mul(tf.mul(gate, tf.sigmoid(gate)), input(inputs, 'up'));
  },
  saved: { inputs: ['gate', 'up'], states: ['gate', 'up'] },
  gradients: (dy, saved) => {
    const made = gradient({ gate: input(saved, 'gate'), up: input(saved, 'up'), dy });
    return { gate: () => at(made, 0), up: () => at(made, 1) };
  },
});

/** The gradients of gate and up for dy, outside of a tape. */
export function gatedSiluGradients(gate: tf.Tensor, up: tf.Tensor, dy: tf.Tensor): tf.Tensor[] {
  return gradient({ gate, up, dy });
}

/** SwiGLU's inner part (Shazeer 2020): gate·σ(gate) ∘ up, all [rows, features]. */
export function gatedSilu(gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D {
  return only2D(operation({ gate, up }));
}
