import * as tf from '@tensorflow/tfjs-core';
import { as2D, defineOperation, input, only2D, onlyScalar } from '../autograd/operation.ts';

/** log p of the classes [rows, classes]. */
function logProbabilities(logits: tf.Tensor2D): tf.Tensor2D {
  const shifted = tf.sub<tf.Tensor2D>(logits, tf.max(logits, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}

const softmaxGradient = defineOperation({
  name: 'CotoSoftmaxEntropyGradient',
  compose: (inputs) => {
    const logits = as2D(input(inputs, 'logits'));
    const logs = logProbabilities(logits);
    const probabilities = tf.exp(logs);
    const entropies = tf.neg(tf.sum(tf.mul(probabilities, logs), 1, true));
    const share = tf.div(tf.neg(input(inputs, 'dy')), logits.shape[0]);
    return tf.mul(tf.mul(probabilities, tf.add(logs, entropies)), share);
  },
});

const softmaxOperation = defineOperation({
  name: 'CotoSoftmaxEntropy',
  compose: (inputs) => {
    const logits = as2D(input(inputs, 'logits'));
    const logs = logProbabilities(logits);
    return tf.div(tf.neg(tf.sum(tf.mul(tf.exp(logs), logs))), logits.shape[0]);
  },
  saved: { inputs: ['logits'] },
  gradients: (dy, saved) => ({ logits: () => only2D(softmaxGradient({ logits: input(saved, 'logits'), dy })) }),
});

/** Mean over the rows of −Σ p·log p in nats, p the softmax of logits [rows, classes]; a scalar. */
export function softmaxEntropy(logits: tf.Tensor2D): tf.Scalar {
  return onlyScalar(softmaxOperation({ logits }));
}

const binaryGradient = defineOperation({
  name: 'CotoBinaryEntropyGradient',
  compose: (inputs) => {
    const logits = as2D(input(inputs, 'logits'));
    const share = tf.div(tf.neg(input(inputs, 'dy')), logits.shape[0]);
    return tf.mul(tf.mul(logits, tf.mul(tf.sigmoid(logits), tf.sigmoid(tf.neg(logits)))), share);
  },
});

const binaryOperation = defineOperation({
  name: 'CotoBinaryEntropy',
  compose: (inputs) => {
    const logits = as2D(input(inputs, 'logits'));
    // H(σ(x)) = log(1 + e^−|x|) + |x|·σ(−|x|), without an overflow.
    const size = tf.abs(logits);
    const first = tf.log(tf.add(tf.exp(tf.neg(size)), 1));
    return tf.div(tf.sum(tf.add(first, tf.mul(size, tf.sigmoid(tf.neg(size))))), logits.shape[0]);
  },
  saved: { inputs: ['logits'] },
  gradients: (dy, saved) => ({ logits: () => only2D(binaryGradient({ logits: input(saved, 'logits'), dy })) }),
});

/** Mean over the rows of the entropies of independent labels in nats, summed over the labels; logits [rows, labels]. */
export function binaryEntropy(logits: tf.Tensor2D): tf.Scalar {
  return onlyScalar(binaryOperation({ logits }));
}
