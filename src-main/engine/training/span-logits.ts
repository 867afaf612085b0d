import * as tf from '@tensorflow/tfjs-core';
import type { MicroBatch, Targets } from './micro-batch.ts';

/** Added to the logits of padding, which no answer begins or ends at. */
const outOfReach = -1e9;

/**
 * Converts a head with two outputs a token to logits of an answer's start and end over the tokens of a row: [2 · rows,
 * tokens], first all the starts. Transformers' `*ForQuestionAnswering` has the mean cross-entropy of both, but leaves
 * the logits of padding in it, which would make a loss depend on the longest row of its batch.
 * @param outputs [rows · tokens, 2]
 */
export function spanLogits(outputs: tf.Tensor2D, { inputs }: Pick<MicroBatch, 'inputs'>): tf.Tensor2D {
  const [rows = 0, tokens = 0] = inputs['input_ids']?.shape ?? [];
  const turned = tf.transpose(tf.reshape(outputs, [rows, tokens, 2]), [2, 0, 1]);
  const logits = tf.reshape<tf.Rank.R2>(turned, [2 * rows, tokens]);
  const mask = inputs['attention_mask']?.data;
  if (mask === undefined) return logits;
  const added = Float32Array.from({ length: 2 * mask.length }, (_, at) =>
    mask[at % mask.length] === 0 ? outOfReach : 0,
  );
  return tf.add(logits, tf.tensor2d(added, [2 * rows, tokens]));
}

/** The places of the answers, [2 · rows] int32: first all the starts. */
export function spanLabels({ values }: Targets): tf.Tensor1D {
  const [starts, ends] = [0, 1].map((part) => [...values].filter((_, at) => at % 2 === part));
  return tf.tensor1d([...(starts ?? []), ...(ends ?? [])], 'int32');
}
