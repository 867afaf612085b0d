import type { PairLoss } from './embedding-loss.ts';
import { hingeLoss } from './hinge-loss.ts';

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
  loss: (cosines, targets, { contrastive_margin }) =>
    hingeLoss(cosines, targets, contrastive_margin, new Float32Array(targets.length).fill(0.5 / targets.length)),
  losses: (cosines, targets, { contrastive_margin: margin }) =>
    cosines.map((cosine, pair) => {
      const distance = 1 - cosine;
      return 0.5 * ((targets[pair] ?? 0) > 0.5 ? distance ** 2 : Math.max(0, margin - distance) ** 2);
    }),
};
