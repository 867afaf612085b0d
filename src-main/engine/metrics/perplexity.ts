import { defineMetric } from './metric.ts';

export const perplexity = defineMetric(
  {
    id: 'perplexity',
    label: 'Perplexity',
    summary: 'exp of the mean cross-entropy over predicted tokens, in nats: every token counts alike.',
    needs: ['tokens'],
    greaterIsBetter: false,
  },
  ({ lossSum, tokens }) => (tokens === 0 ? null : Math.exp(lossSum / tokens)),
);
