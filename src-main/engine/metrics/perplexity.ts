import * as declared from '../../../src-shared/metrics/perplexity.ts';
import { defineMetric } from './metric.ts';

export const perplexity = defineMetric(declared.perplexity, ({ lossSum, tokens }) =>
  tokens === 0 ? null : Math.exp(lossSum / tokens),
);
