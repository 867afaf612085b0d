import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../../ops/operation.ts';
import type { HiddenStates } from '../base-model.ts';

/** The mean of each text's states [batch · tokens, width] over its tokens that are no padding: [batch, width]. */
export function meanOfTokens({ hidden, batch, tokens, context }: HiddenStates): tf.Tensor2D {
  return tf.tidy(() => {
    const byText = tf.reshape(hidden, [batch, tokens, hidden.shape[1]]);
    const mask = context?.mask;
    if (mask === undefined) return as2D(tf.mean(byText, 1));
    const counted = tf.sum(tf.mul(byText, tf.reshape(mask, [batch, tokens, 1])), 1);
    return as2D(tf.div(counted, tf.maximum(tf.sum(mask, 1, true), 1e-9)));
  });
}

/** Every row of x [rows, width] at length 1. */
export function normaliseRows(x: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.div(x, tf.maximum(tf.sqrt(tf.sum(tf.square(x), 1, true)), 1e-12)));
}
