import * as tf from '@tensorflow/tfjs-core';

/**
 * For each row of logits: −log p of its label in nats, and the label's logit minus the highest logit (0 if the
 * label's is highest).
 */
export interface LabelLosses {
  readonly losses: tf.Tensor1D;
  readonly leads: tf.Tensor1D;
}

/** Losses row by row, without gradients. logits [rows, classes], a label for each row; to be called within `tf.tidy`. */
export function labelLosses(logits: tf.Tensor2D, labels: ArrayLike<number>): LabelLosses {
  const [rows, size] = logits.shape;
  const highest = tf.max(logits, 1, true);
  const total = tf.log(tf.sum(tf.exp(tf.sub(logits, highest)), 1));
  const places = Int32Array.from(labels, (label, row) => row * size + label);
  const chosen = tf.gather(tf.reshape<tf.Rank.R1>(logits, [rows * size]), tf.tensor1d(places, 'int32'));
  const leads = tf.sub<tf.Tensor1D>(chosen, tf.reshape(highest, [rows]));
  return { losses: tf.sub<tf.Tensor1D>(total, leads), leads };
}
