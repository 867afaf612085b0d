import type { MetricDeclaration } from './metric.ts';

export const perplexity = {
  id: 'perplexity',
  label: 'Perplexity',
  summary:
    'exp of the mean cross-entropy in nats over the predicted tokens of an answer or a text, without the tokens that only end it, as lm-eval counts. The loss, as Transformers’, has these too.',
  quantity: 'perplexity',
  better: 'lower',
  definedFor: ['tokens'],
  isCurve: true,
} as const satisfies MetricDeclaration;
