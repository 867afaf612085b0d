import type { MetricDeclaration } from './metric.ts';

const ofEntities = { quantity: 'share', better: 'higher', definedFor: ['tags'] } as const;

export const entityF1 = {
  ...ofEntities,
  id: 'entity_f1',
  label: 'Entity F1',
  summary: 'seqeval.metrics.f1_score: an entity is right where its type and all of its words are.',
  isCurve: true,
} as const satisfies MetricDeclaration;

export const entityPrecision = {
  ...ofEntities,
  id: 'entity_precision',
  label: 'Entity precision',
  summary: 'seqeval.metrics.precision_score: the share of predicted entities that are true.',
  isCurve: false,
} as const satisfies MetricDeclaration;

export const entityRecall = {
  ...ofEntities,
  id: 'entity_recall',
  label: 'Entity recall',
  summary: 'seqeval.metrics.recall_score: the share of true entities that are predicted.',
  isCurve: false,
} as const satisfies MetricDeclaration;
