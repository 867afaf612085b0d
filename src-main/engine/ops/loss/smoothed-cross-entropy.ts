import * as tf from '@tensorflow/tfjs-core';
import { as2D, attribute, defineOperation, input, onlyScalar } from '../autograd/operation.ts';
import { countedLabels, oneHot, softmaxCrossEntropy, softmaxCrossEntropyGradient } from './softmax-cross-entropy.ts';

/** Mean over the rows that count of the label's logit less the row's mean logit: all that smoothing adds, times its share. */
const operation = defineOperation({
  name: 'CotoLabelLead',
  compose: (inputs) => {
    const logits = as2D(input(inputs, 'logits'));
    const [rows, classCount] = logits.shape;
    const { classes, weights } = countedLabels(input(inputs, 'labels'));
    const places = tf.add(tf.range(0, rows * classCount, classCount, 'int32'), classes);
    const chosen = tf.gather(tf.reshape(logits, [rows * classCount]), places);
    const leads = tf.where(tf.cast(weights, 'bool'), tf.sub(chosen, tf.mean(logits, -1)), tf.zeros([rows]));
    return tf.div(tf.sum(leads), tf.maximum(tf.sum(weights), 1));
  },
  saved: { inputs: ['labels'] },
  gradients: (dy, saved, attributes) => ({
    logits: () => leadGradient(input(saved, 'labels'), dy, attribute(attributes, 'classCount')),
  }),
});

function leadGradient(labels: tf.Tensor, dy: tf.Tensor, classCount: number): tf.Tensor2D {
  return tf.tidy(() => {
    const { classes, weights } = countedLabels(labels);
    const factor = tf.div(dy, tf.maximum(tf.sum(weights), 1));
    const slopes = tf.sub(oneHot(classes, classCount), 1 / classCount);
    return as2D(tf.mul(slopes, tf.mul(tf.reshape(weights, [-1, 1]), factor)));
  });
}

/**
 * PyTorch's `cross_entropy(label_smoothing=ε)`: the mean over the rows whose label is not −100 of (1 − ε) · −log
 * softmax(logits)[label] + ε · the mean of −log softmax(logits) over all classes (Szegedy et al. 2016, §7). This equals
 * `softmaxCrossEntropy` + ε · (the label's logit − the mean logit), which leaves most of the work to a backend's own
 * kernel. logits [rows, classes], labels [rows] int32; a scalar, whose gradient goes to the logits.
 */
export function smoothedCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D, smoothing: number): tf.Scalar {
  const plain = softmaxCrossEntropy(logits, labels);
  if (smoothing === 0) return plain;
  const lead = onlyScalar(operation({ logits, labels }, { classCount: logits.shape[1] }));
  return tf.add(plain, tf.mul(lead, smoothing));
}

/** Gradient of the logits for the gradient `dy` of the loss, a scalar. */
export function smoothedCrossEntropyGradient(
  logits: tf.Tensor2D,
  labels: tf.Tensor,
  dy: tf.Tensor,
  smoothing: number,
): tf.Tensor2D {
  return tf.tidy(() => {
    const plain = softmaxCrossEntropyGradient(logits, labels, dy);
    return tf.add(plain, leadGradient(labels, tf.mul(dy, smoothing), logits.shape[1]));
  });
}
