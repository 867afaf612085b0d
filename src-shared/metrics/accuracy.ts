import type { MetricDeclaration } from './metric.ts';

export const accuracy = {
  id: 'accuracy',
  label: 'Accuracy',
  summary:
    'sklearn.metrics.accuracy_score: the share of examples that are right; with several labels an example, all of them. Of tags, the share of words (seqeval.metrics.accuracy_score); of language models, the share of tokens in the loss. Of preferences, TRL’s rewards/accuracies; of answers, the exact matches; of pairs that are alike or not, at the best threshold; of texts looked up, the share of examples whose nearest text is right.',
  quantity: 'share',
  better: 'higher',
  definedFor: ['classes', 'label-sets', 'tags', 'tokens', 'preferences', 'answers', 'alike', 'retrieval'],
  isCurve: true,
  labels: { tags: 'Word accuracy', tokens: 'Token accuracy' },
  repeatedFor: ['answers'],
  training: { name: 'rewards_accuracies', title: 'Preference accuracy' },
  isExampleMean: true,
} as const satisfies MetricDeclaration;
