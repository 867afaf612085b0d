import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../../../ops/index.ts';
import type { RankingLoss } from '../../../outcomes/embedding-loss.ts';

/** sentence-transformers' MultipleNegativesRankingLoss by cosine similarity (InfoNCE, NT-Xent). */
export const multipleNegativesRanking: RankingLoss = {
  declaration: {
    id: 'multiple_negatives_ranking',
    label: 'Multiple negatives ranking',
    summary: 'Brings each anchor nearer to its positive than to the other positives and negatives of the batch.',
    paper: {
      title: 'Efficient Natural Language Response Suggestion for Smart Reply',
      url: 'https://arxiv.org/abs/1705.00652',
    },
    parameters: [],
  },
  of: ['ranking'],
  ranks: true,
  loss(cosines, { similarity_scale }) {
    const places = tf.tensor1d(
      Int32Array.from({ length: cosines.shape[0] }, (_, row) => row),
      'int32',
    );
    return softmaxCrossEntropy(tf.mul<tf.Tensor2D>(cosines, similarity_scale), places);
  },
  lossOf(cosines, right, { similarity_scale: scale }) {
    const highest = cosines.reduce((most, cosine) => Math.max(most, cosine), -1);
    const sum = cosines.reduce((total, cosine) => total + Math.exp(scale * (cosine - highest)), 0);
    return Math.log(sum) - scale * ((cosines[right] ?? Number.NaN) - highest);
  },
};
