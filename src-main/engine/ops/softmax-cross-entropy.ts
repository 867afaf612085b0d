import * as tf from '@tensorflow/tfjs-core';
import { as2D, defineOperation, input, only2D, onlyScalar } from './operation.ts';
import { ignoreLabels, rowLosses, rowSlopes } from './row-losses.ts';

const gradient = defineOperation({
  name: 'CotoSoftmaxCrossEntropyGradient',
  compose: (inputs) => {
    const labels = ignoreLabels(input(inputs, 'labels'));
    return tf.mul(rowSlopes(as2D(input(inputs, 'logits')), labels), tf.div(input(inputs, 'dy'), labels.divisor));
  },
});

const operation = defineOperation({
  name: 'CotoSoftmaxCrossEntropy',
  compose: (inputs) => {
    const labels = ignoreLabels(input(inputs, 'labels'));
    return tf.div(tf.sum(rowLosses(as2D(input(inputs, 'logits')), labels)), labels.divisor);
  },
  saved: { inputs: ['logits', 'labels'] },
  gradients: (dy, saved) => ({
    logits: () => only2D(gradient({ logits: input(saved, 'logits'), labels: input(saved, 'labels'), dy })),
  }),
});

/**
 * Mean of −log softmax(logits)[label] over the rows whose label is not −100 (ignored, as in PyTorch); 0 if there are none. A
 * scalar. logits [rows, classes], labels [rows] int32. The gradient goes to the logits.
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return onlyScalar(operation({ logits, labels }));
}
