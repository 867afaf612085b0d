import * as tf from '@tensorflow/tfjs-core';
import { as2D, defineOperation, first, input } from '../autograd/operation.ts';

const mask = defineOperation({
  name: 'CotoHardMask',
  compose: (inputs) => tf.cast(tf.greaterEqual(input(inputs, 'logits'), 0), 'float32'),
  saved: { lasting: ['logits'] },
  gradients: (dy, saved) => ({
    logits: () => {
      const share = tf.sigmoid(input(saved, 'logits'));
      return tf.mul(dy, tf.mul(share, tf.sub(1, share)));
    },
  }),
});

/** Has no gradient. */
const inverseShare = defineOperation({
  name: 'CotoInverseShare',
  compose: (inputs) => tf.div(1, tf.add(tf.mean(input(inputs, 'mask')), 1e-8)),
});

/**
 * 1 where the sigmoid of a logit is at least 1/2, else 0, with the sigmoid's gradient (straight-through estimator). [n] → [1, n]
 */
export function hardMask(logits: tf.Tensor): tf.Tensor2D {
  return as2D(tf.reshape(first(mask({ logits })), [1, logits.size]));
}

/** The inverse of the share of ones in a mask, which is no function of the mask for the gradients. */
export function inverseShareOf(values: tf.Tensor): tf.Tensor {
  return first(inverseShare({ mask: values }));
}
