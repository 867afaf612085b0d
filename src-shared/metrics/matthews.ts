import type { MetricDeclaration } from './metric.ts';

export const matthews = {
  id: 'matthews',
  label: 'Matthews',
  summary: 'sklearn.metrics.matthews_corrcoef, for any number of classes; 0 where truth or prediction is constant.',
  quantity: 'score',
  better: 'higher',
  range: [-1, 1],
  definedFor: ['classes'],
  isCurve: false,
  symbol: 'Matthews correlation',
} as const satisfies MetricDeclaration;
