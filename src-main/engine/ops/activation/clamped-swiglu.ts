import * as tf from '@tensorflow/tfjs-core';
import { at, attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

/** Outputs: the gradients of gate and up. */
const gradient = defineOperation({
  name: 'CotoClampedSwigluGradient',
  compose: (inputs, attributes) => {
    const [gate, up, dy] = [input(inputs, 'gate'), input(inputs, 'up'), input(inputs, 'dy')];
    const [alpha, limit] = [attribute(attributes, 'alpha'), attribute(attributes, 'limit')];
    const [low, bounded] = [tf.minimum(gate, limit), tf.clipByValue(up, -limit, limit)];
    const share = tf.sigmoid(tf.mul(low, alpha));
    // The derivative of x·σ(αx).
    const slope = tf.mul(share, tf.add(1, tf.mul(tf.mul(low, alpha), tf.sub(1, share))));
    const isInside = tf.cast(tf.lessEqual(tf.abs(up), limit), 'float32');
    return [
      tf.mul(tf.mul(tf.mul(dy, tf.add(bounded, 1)), slope), tf.cast(tf.lessEqual(gate, limit), 'float32')),
      tf.mul(tf.mul(dy, tf.mul(low, share)), isInside),
    ];
  },
});

const operation = defineOperation({
  name: 'CotoClampedSwiglu',
  compose: (inputs, attributes) => {
    const [alpha, limit] = [attribute(attributes, 'alpha'), attribute(attributes, 'limit')];
    const gate = tf.minimum(input(inputs, 'gate'), limit);
    const up = tf.clipByValue(input(inputs, 'up'), -limit, limit);
    return tf.mul(tf.add(up, 1), tf.mul(gate, tf.sigmoid(tf.mul(gate, alpha))));
  },
  saved: { inputs: ['gate', 'up'], states: ['gate', 'up'] },
  gradients: (dy, saved, attributes) => {
    const made = gradient({ gate: input(saved, 'gate'), up: input(saved, 'up'), dy }, attributes);
    return { gate: () => at(made, 0), up: () => at(made, 1) };
  },
});

/** The gradients of gate and up for dy, outside of a tape. */
export function clampedSwigluGradients(
  gate: tf.Tensor,
  up: tf.Tensor,
  dy: tf.Tensor,
  options: { readonly alpha: number; readonly limit: number },
): tf.Tensor[] {
  return gradient({ gate, up, dy }, { ...options });
}

/**
 * gpt-oss's gate (OpenAI 2025): (up + 1) ∘ gate·σ(alpha · gate), with the gate at most `limit` and `up` within ±limit; all
 * [rows, features]. Gradients go to both.
 */
export function clampedSwiglu(
  gate: tf.Tensor2D,
  up: tf.Tensor2D,
  options: { readonly alpha: number; readonly limit: number },
): tf.Tensor2D {
  return only2D(operation({ gate, up }, { ...options }));
}
