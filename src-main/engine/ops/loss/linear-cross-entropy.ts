import * as tf from '@tensorflow/tfjs-core';
import { isTaping } from '../../compute/tfjs-internals.ts';
import { as1D, as2D, attribute, defineOperation, first, input, onlyScalar } from '../autograd/operation.ts';
import type { FrozenWeight } from '../linear/frozen-weight.ts';
import { matmul } from '../linear/matmul.ts';
import { countedLabels, softmaxCrossEntropy, softmaxCrossEntropyGradient } from './softmax-cross-entropy.ts';

/** Logits that the composition computes at a time: 16 MB. */
const logitsAtOnce = 4 * 1024 * 1024;

/** Outputs: the loss, and the gradient of x for a loss gradient of 1 ([0] if it is not needed). */
const operation = defineOperation({
  name: 'CotoLinearCrossEntropy',
  compose: (inputs, attributes) => {
    const [x, weight] = [as2D(input(inputs, 'x')), as2D(input(inputs, 'weight'))];
    const options = { frozen: true, bfloat16: attribute(attributes, 'bfloat16') !== 0 };
    const wantsGradient = attribute(attributes, 'wantsGradient') !== 0;
    const labels = as1D(input(inputs, 'labels'));
    const { weights } = countedLabels(labels);
    const divisor = tf.maximum(tf.sum(weights), 1);
    const [rows, hidden] = x.shape;
    const rowsAtOnce = Math.max(1, Math.floor(logitsAtOnce / weight.shape[0]));
    const losses: tf.Tensor[] = [];
    const gradients: tf.Tensor[] = [];
    for (let start = 0; start < rows; start += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - start);
      const made = tf.tidy(() => {
        const logits = matmul(tf.slice(x, [start, 0], [count, hidden]), weight, { ...options, transposeB: true });
        const own = tf.slice(labels, [start], [count]);
        const share = tf.div(tf.sum(tf.slice(weights, [start], [count])), divisor);
        const loss = tf.mul(softmaxCrossEntropy(logits, own), share);
        if (!wantsGradient) return [loss];
        return [loss, matmul(softmaxCrossEntropyGradient(logits, own, share), weight, options)];
      });
      losses.push(first(made));
      gradients.push(...made.slice(1));
    }
    return [tf.addN(losses), wantsGradient ? tf.concat(gradients, 0) : tf.tensor1d([], 'float32')];
  },
  saved: { outputs: [null, 'dx'] },
  gradients: (dy, saved) => ({ x: () => tf.mul(input(saved, 'dx'), dy) }),
});

/**
 * `softmaxCrossEntropy` of the logits x·Wᵀ, in blocks of rows: the logits [rows, vocabulary] are never in memory as a
 * whole, neither here nor in the backward pass (the gradient is computed with the loss). x [rows, hidden], frozen W
 * [vocabulary, hidden] without a bias, labels [rows] int32, −100 ignored. The gradient goes to x.
 */
export function linearCrossEntropy(x: tf.Tensor2D, frozen: FrozenWeight, labels: tf.Tensor1D): tf.Scalar {
  if (frozen.bias !== null) throw new Error('the cross-entropy of a linear takes no bias');
  const attributes = { bfloat16: Number(frozen.bfloat16), wantsGradient: Number(isTaping()) };
  return onlyScalar(operation({ x, weight: frozen.weight, labels }, attributes));
}
