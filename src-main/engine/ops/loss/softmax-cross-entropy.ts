import * as tf from '@tensorflow/tfjs-core';
import { as1D, as2D, defineOperation, input, only2D, onlyScalar } from '../autograd/operation.ts';

/** Label of an ignored row, as in PyTorch and Transformers. */
export const ignoredLabel = -100;

/** Indices of the rows whose label is not ignored, in order. */
export function countedPlaces(labels: Int32Array): Int32Array {
  return Int32Array.from(labels.keys()).filter((place) => labels[place] !== ignoredLabel);
}

const gradient = defineOperation({
  name: 'CotoSoftmaxCrossEntropyGradient',
  compose: (inputs) => {
    const logits = as2D(input(inputs, 'logits'));
    const [rows, classCount] = logits.shape;
    const { classes, weights } = countedLabels(input(inputs, 'labels'));
    const difference = tf.sub(tf.softmax(logits), oneHot(classes, classCount));
    const factor = tf.div(input(inputs, 'dy'), tf.maximum(tf.sum(weights), 1));
    return tf.mul(difference, tf.mul(tf.reshape(weights, [rows, 1]), factor));
  },
});

const operation = defineOperation({
  name: 'CotoSoftmaxCrossEntropy',
  compose: (inputs) => {
    const { losses, weights } = rowLosses(as2D(input(inputs, 'logits')), input(inputs, 'labels'));
    return tf.div(tf.sum(losses), tf.maximum(tf.sum(weights), 1));
  },
  saved: { inputs: ['logits', 'labels'] },
  gradients: (dy, saved) => ({
    logits: () => softmaxCrossEntropyGradient(input(saved, 'logits'), input(saved, 'labels'), dy),
  }),
});

/**
 * Mean of −log softmax(logits)[label] over the rows whose label is not −100 (ignored, as in PyTorch); 0 if there are none. A
 * scalar. logits [rows, classes], labels [rows] int32. The gradient goes to the logits.
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return onlyScalar(operation({ logits, labels }));
}

/** −log softmax(logits)[label] of each row, 0 where the label is ignored, and the mask of `countedLabels`. */
export function rowLosses(logits: tf.Tensor2D, labels: tf.Tensor): { losses: tf.Tensor1D; weights: tf.Tensor1D } {
  const [rows, classCount] = logits.shape;
  const { classes, weights } = countedLabels(labels);
  const shifted = tf.sub(logits, tf.max(logits, -1, true));
  const total = tf.log(tf.sum(tf.exp(shifted), -1));
  const chosen = tf.sum(tf.mul(shifted, oneHot(classes, classCount)), -1);
  const losses = tf.where(tf.cast(weights, 'bool'), tf.sub(total, chosen), tf.zeros([rows]));
  return { losses: as1D(losses), weights };
}

/** Gradient of the logits for the gradient `dy` of the loss, a scalar. */
export function softmaxCrossEntropyGradient(logits: tf.Tensor, labels: tf.Tensor, dy: tf.Tensor): tf.Tensor2D {
  return only2D(gradient({ logits, labels, dy }));
}

/** Labels [rows] with 0 in place of ignored ones, and a mask: 1 for each row that counts, else 0. */
export function countedLabels(labels: tf.Tensor): { classes: tf.Tensor1D; weights: tf.Tensor1D } {
  // Compared as float32: not every backend compares int32.
  const values = tf.cast(labels, 'float32');
  const weights = as1D(tf.cast(tf.notEqual(values, ignoredLabel), 'float32'));
  return { classes: as1D(tf.cast(tf.mul(values, weights), 'int32')), weights };
}

/** [rows, classes]. tfjs's wasm backend makes one-hot rows of int32 only, whatever type is requested. */
export function oneHot(classes: tf.Tensor1D, classCount: number): tf.Tensor {
  return tf.cast(tf.oneHot(classes, classCount), 'float32');
}
