import type { MetricDeclaration } from './metric.ts';

const ofRankings = { better: 'higher', range: [0, 1], definedFor: ['retrieval'] } as const;

export const ndcgAt10 = {
  ...ofRankings,
  id: 'ndcg_at_10',
  label: 'NDCG@10',
  summary:
    'sentence-transformers’ ndcg@10: the discounted gain of the positives among the 10 nearest texts over that of the best order, as a mean over anchors.',
  quantity: 'score',
  isCurve: true,
} as const satisfies MetricDeclaration;

export const mrrAt10 = {
  ...ofRankings,
  id: 'mrr_at_10',
  label: 'MRR@10',
  summary:
    'sentence-transformers’ mrr@10: 1 over the place of the first positive among the 10 nearest texts, 0 where there is none, as a mean over anchors.',
  quantity: 'score',
  isCurve: false,
} as const satisfies MetricDeclaration;

function recallAt<Places extends number>(places: Places) {
  return {
    ...ofRankings,
    id: `recall_at_${places}`,
    label: `Recall@${places}`,
    summary: `sentence-transformers’ recall@${places}: the share of an anchor’s positives among its ${places} nearest texts, as a mean over anchors.`,
    quantity: 'share',
    isCurve: false,
  } as const satisfies MetricDeclaration;
}

export const recallAt1 = recallAt(1);
export const recallAt5 = recallAt(5);
export const recallAt10 = recallAt(10);
