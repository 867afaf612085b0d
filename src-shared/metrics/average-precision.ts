import type { MetricDeclaration } from './metric.ts';

export const averagePrecision = {
  id: 'average_precision',
  label: 'Average precision',
  summary: 'sklearn.metrics.average_precision_score of the cosine similarities, of pairs with label 1.',
  quantity: 'score',
  better: 'higher',
  range: [0, 1],
  definedFor: ['alike'],
  isCurve: false,
} as const satisfies MetricDeclaration;
