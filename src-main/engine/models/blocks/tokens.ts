import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../../ops/operation.ts';
import type { HiddenStates } from '../base-model.ts';

/** The first token of every example: rows [batch, features] out of [batch · tokens, features]. */
export function firstTokens(x: tf.Tensor2D, { batch, tokens }: Pick<HiddenStates, 'batch' | 'tokens'>): tf.Tensor2D {
  if (tokens === 1) return x;
  const features = x.shape[1];
  const parted = tf.reshape(x, [batch, tokens * features]);
  return as2D(tf.slice(parted, [0, 0], [batch, features]));
}
