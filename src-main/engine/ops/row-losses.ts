import * as tf from '@tensorflow/tfjs-core';
import { as1D } from './operation.ts';

/** The label of a row that does not count, as in PyTorch and Transformers. */
export const ignoredLabel = -100;

/** Labels made safe to compute with. */
export interface CountedLabels {
  /** [rows] int32; 0 where ignored. */
  readonly classes: tf.Tensor1D;
  /** [rows] bool: whether the row counts. */
  readonly counts: tf.Tensor1D;
  /** Scalar: how many rows count, at least 1. */
  readonly divisor: tf.Tensor;
}

export function ignoreLabels(labels: tf.Tensor): CountedLabels {
  // Compared as float32: not every backend compares int32.
  const values = tf.cast(labels, 'float32');
  const counts = tf.notEqual(values, ignoredLabel);
  const weights = tf.cast(counts, 'float32');
  return {
    classes: as1D(tf.cast(tf.mul(values, weights), 'int32')),
    counts: as1D(counts),
    divisor: tf.maximum(tf.sum(weights), 1),
  };
}

/** −log softmax(logits)[label] [rows]; 0 for rows that do not count. */
export function rowLosses(logits: tf.Tensor2D, { classes, counts }: CountedLabels): tf.Tensor {
  const [rows, classCount] = logits.shape;
  const shifted = tf.sub(logits, tf.max(logits, -1, true));
  const total = tf.log(tf.sum(tf.exp(shifted), -1));
  const chosen = tf.sum(tf.mul(shifted, tf.cast(tf.oneHot(classes, classCount), 'float32')), -1);
  return tf.where(counts, tf.sub(total, chosen), tf.zeros([rows]));
}

/** softmax(logits) − one-hot label [rows, classes]; zeros for rows that do not count. */
export function rowSlopes(logits: tf.Tensor2D, { classes, counts }: CountedLabels): tf.Tensor {
  const [rows, classCount] = logits.shape;
  const difference = tf.sub(tf.softmax(logits), tf.cast(tf.oneHot(classes, classCount), 'float32'));
  return tf.mul(difference, tf.reshape(tf.cast(counts, 'float32'), [rows, 1]));
}
