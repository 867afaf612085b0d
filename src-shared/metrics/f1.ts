import type { MetricDeclaration } from './metric.ts';

const average = {
  quantity: 'share',
  better: 'higher',
  definedFor: ['classes', 'label-sets'],
  isCurve: false,
  symbol: 'F1',
} as const;

export const f1Macro = {
  ...average,
  id: 'f1_macro',
  label: 'F1 (macro)',
  summary:
    'sklearn.metrics.f1_score(average="macro"): the plain mean over classes that are true or predicted somewhere; over all labels where examples have several.',
} as const satisfies MetricDeclaration;

export const f1Micro = {
  ...average,
  id: 'f1_micro',
  label: 'F1 (micro)',
  summary:
    'sklearn.metrics.f1_score(average="micro"): of the counts of all classes together; with one class an example it is the accuracy.',
} as const satisfies MetricDeclaration;

export const f1Weighted = {
  ...average,
  id: 'f1_weighted',
  label: 'F1 (weighted)',
  summary: 'sklearn.metrics.f1_score(average="weighted"): the mean over classes by how often each is true.',
} as const satisfies MetricDeclaration;

export const f1Binary = {
  ...average,
  id: 'f1_binary',
  label: 'F1',
  summary: 'sklearn.metrics.f1_score(average="binary"): the second of two classes is the positive one.',
  definedFor: ['classes'],
  classCount: 2,
} as const satisfies MetricDeclaration;
