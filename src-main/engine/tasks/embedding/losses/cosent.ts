import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../../../ops/index.ts';
import type { PairLoss } from '../../../outcomes/embedding-loss.ts';

/** Takes pairs in the right order out of a sum of exponentials. */
const outOfSum = -1e9;

/** sentence-transformers' CoSENTLoss: log(1 + Σ e^(scale · (cos_i − cos_j))) over the pairs of pairs of which i should be less alike than j. */
export const cosent: PairLoss = {
  declaration: {
    id: 'cosent',
    label: 'CoSENT',
    summary: 'Brings the similarities of the pairs of a batch into the order of their scores.',
    parameters: [],
  },
  of: ['scores', 'labels'],
  ranks: false,
  loss(cosines, targets, { similarity_scale }) {
    const count = targets.length;
    const ones = tf.ones<tf.Rank.R2>([1, count]);
    const wide = tf.matMul(tf.mul<tf.Tensor2D>(cosines, similarity_scale), ones);
    const added = new Float32Array(count * count).fill(outOfSum);
    for (const [row, own] of targets.entries())
      for (const [column, other] of targets.entries()) if (own < other) added[row * count + column] = 0;
    const apart = tf.add(tf.sub(wide, tf.transpose(wide, [1, 0])), tf.tensor2d(added, [count, count]));
    // −log softmax of a zero beside them.
    const logits = tf.concat2d([tf.zeros([1, 1]), tf.reshape<tf.Rank.R2>(apart, [1, count * count])], 1);
    return softmaxCrossEntropy(logits, tf.tensor1d([0], 'int32'));
  },
  losses(cosines, targets, { similarity_scale: scale }) {
    const differences = [0];
    for (const [row, own] of targets.entries())
      for (const [column, other] of targets.entries())
        if (own < other) differences.push(scale * ((cosines[row] ?? 0) - (cosines[column] ?? 0)));
    const highest = differences.reduce((most, value) => Math.max(most, value), 0);
    const sum = differences.reduce((total, value) => total + Math.exp(value - highest), 0);
    // A loss of the batch as a whole.
    return new Float64Array(targets.length).fill(highest + Math.log(sum));
  },
};
