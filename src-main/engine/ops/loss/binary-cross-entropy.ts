import * as tf from '@tensorflow/tfjs-core';
import { as2D, defineOperation, input, only2D, onlyScalar } from '../autograd/operation.ts';

const gradient = defineOperation({
  name: 'CotoBinaryCrossEntropyGradient',
  compose: (inputs) => {
    const logits = as2D(input(inputs, 'logits'));
    return tf.mul(tf.sub(tf.sigmoid(logits), input(inputs, 'targets')), tf.div(input(inputs, 'dy'), logits.size));
  },
});

const operation = defineOperation({
  name: 'CotoBinaryCrossEntropy',
  compose: (inputs) => {
    const logits = as2D(input(inputs, 'logits'));
    // log(1 + e^x) without an overflow.
    const softplus = tf.add(tf.relu(logits), tf.log(tf.add(tf.exp(tf.neg(tf.abs(logits))), 1)));
    return tf.mean(tf.sub(softplus, tf.mul(logits, input(inputs, 'targets'))));
  },
  saved: { inputs: ['logits', 'targets'] },
  gradients: (dy, saved) => ({
    logits: () => only2D(gradient({ logits: input(saved, 'logits'), targets: input(saved, 'targets'), dy })),
  }),
});

/**
 * PyTorch's `BCEWithLogitsLoss`, which Transformers takes for several labels an example: the mean over all entries of
 * −t·log σ(x) − (1 − t)·log(1 − σ(x)). logits and targets [rows, labels]; a scalar, whose gradient goes to the logits.
 */
export function binaryCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return onlyScalar(operation({ logits, targets }));
}
