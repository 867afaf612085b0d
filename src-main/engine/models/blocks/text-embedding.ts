import * as tf from '@tensorflow/tfjs-core';
import { weightedTokenMean } from '../../ops/loss/weighted-token-mean.ts';
import type { HiddenStates } from '../base-model.ts';

/** The mean of each text's states [batch · tokens, width] over its tokens without padding: [batch, width]. */
export function meanOfTokens({ hidden, batch, tokens, context }: HiddenStates): tf.Tensor2D {
  const mask = context?.mask ?? tf.ones<tf.Rank.R2>([batch, tokens]);
  const weights = tf.tidy(() => tf.div<tf.Tensor2D>(mask, tf.maximum(tf.sum(mask, 1, true), 1e-9)));
  return weightedTokenMean(hidden, weights);
}
