import type { MetricDeclaration } from './metric.ts';

/** In a study, a correlation of predictions that are all equal counts as 0: one merge of many must not end the study. */
const correlation = {
  quantity: 'score',
  better: 'higher',
  range: [-1, 1],
  definedFor: ['numbers'],
  ifUndefined: 0,
} as const;

export const spearman = {
  ...correlation,
  id: 'spearman',
  label: 'Spearman',
  summary: 'scipy.stats.spearmanr: the Pearson correlation of ranks; equal values share the mean of their ranks.',
  isCurve: true,
  symbol: 'ρ',
} as const satisfies MetricDeclaration;

export const pearson = {
  ...correlation,
  id: 'pearson',
  label: 'Pearson',
  summary: 'scipy.stats.pearsonr: linear correlation; none where truth or prediction is constant.',
  isCurve: false,
  symbol: 'r',
} as const satisfies MetricDeclaration;
