import * as tf from '@tensorflow/tfjs-core';
import { elementwise } from '../../../ops/index.ts';
import type { PairLoss } from '../../../outcomes/embedding-loss.ts';

/** sentence-transformers' ContrastiveLoss by cosine distance. */
export const contrastive: PairLoss = {
  declaration: {
    id: 'contrastive',
    label: 'Contrastive',
    summary: 'Brings texts with label 1 together, and pushes those with label 0 apart up to a margin.',
    paper: {
      title: 'Dimensionality Reduction by Learning an Invariant Mapping',
      url: 'https://ieeexplore.ieee.org/document/1640964',
    },
    parameters: [],
  },
  of: ['labels'],
  ranks: false,
  loss(cosines, targets, { contrastive_margin: margin }) {
    const count = targets.length;
    const column = (of: (isAlike: boolean) => number) =>
      tf.tensor2d(
        Float32Array.from(targets, (target) => of(target > 0.5)),
        [count, 1],
      );
    // 1 − cosine of those alike, margin − 1 + cosine of the others, which is no distance below 0.
    const signs = column((isAlike) => (isAlike ? -1 : 1));
    const offsets = column((isAlike) => (isAlike ? 1 : margin - 1));
    const distances = elementwise(tf.add<tf.Tensor2D>(tf.mul(cosines, signs), offsets), 'relu');
    const squares = tf.mul<tf.Tensor2D>(distances, distances);
    return tf.reshape(tf.matMul(tf.fill([1, count], 0.5 / count), squares), []);
  },
  losses: (cosines, targets, { contrastive_margin: margin }) =>
    cosines.map((cosine, pair) => {
      const distance = 1 - cosine;
      return 0.5 * ((targets[pair] ?? 0) > 0.5 ? distance ** 2 : Math.max(0, margin - distance) ** 2);
    }),
};
