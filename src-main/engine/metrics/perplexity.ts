import { defineMetric } from './metric.ts';

export const perplexity = defineMetric(
  {
    id: 'perplexity',
    summary:
      'exp of the mean cross-entropy in nats over the predicted tokens of an answer or a text, without the tokens that only end it, as lm-eval counts. The loss, as Transformers’, has these too.',
    needs: ['tokens'],
  },
  ({ lossSum, tokens }) => (tokens === 0 ? null : Math.exp(lossSum / tokens)),
);
