import * as tf from '@tensorflow/tfjs-core';
import { squaredError } from '../../../ops/index.ts';
import type { PairLoss } from '../../../outcomes/embedding-loss.ts';

/** sentence-transformers' CosineSimilarityLoss. */
export const cosineSimilarity: PairLoss = {
  declaration: {
    id: 'cosine_similarity',
    label: 'Cosine similarity',
    summary: 'The squared difference between the similarity of a pair and its score.',
    paper: {
      title: 'Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks',
      url: 'https://arxiv.org/abs/1908.10084',
    },
    parameters: [],
  },
  of: ['scores', 'labels'],
  ranks: false,
  loss: (cosines, targets) => squaredError(cosines, tf.tensor2d(targets, [targets.length, 1])),
  losses: (cosines, targets) => cosines.map((cosine, pair) => (cosine - (targets[pair] ?? 0)) ** 2),
};
