import * as tf from '@tensorflow/tfjs-core';
import { as1D, as2D, at, defineOperation, first, input, single } from './operation.ts';

const operation = defineOperation({
  name: 'CotoSoftmaxCrossEntropy',
  compose: (inputs) => {
    const logits = as2D(input(inputs, 'logits'));
    const chosen = tf.sum(tf.mul(logits, oneHot(inputs, logits.shape[1])), -1);
    const highest = tf.max(logits, -1, true);
    const sums = tf.sum(tf.exp(tf.sub(logits, highest)), -1);
    const total = tf.add(tf.log(sums), tf.reshape(highest, [logits.shape[0]]));
    return tf.mean(tf.sub(total, chosen));
  },
  saved: { inputs: ['logits', 'labels'] },
  gradients: (dy, saved) => ({
    logits: () => {
      const logits = as2D(at(saved, 0));
      const [rows, classes] = logits.shape;
      const difference = tf.sub(tf.softmax(logits), oneHot({ labels: at(saved, 1) }, classes));
      return tf.mul(difference, tf.div(single(dy), rows));
    },
  }),
});

/**
 * Mean over the rows of −log softmax(logits)[label]; a scalar. logits [rows, classes], labels [rows] int32 in
 * [0, classes). The gradient goes to the logits.
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  const loss = first(operation({ logits, labels }));
  if (!isScalar(loss)) throw new Error(`a loss of shape [${loss.shape.join(', ')}]`);
  return loss;
}

function isScalar(tensor: tf.Tensor): tensor is tf.Scalar {
  return tensor.rank === 0;
}

function oneHot(inputs: Readonly<Record<string, tf.Tensor>>, classes: number): tf.Tensor {
  return tf.cast(tf.oneHot(as1D(input(inputs, 'labels')), classes), 'float32');
}
