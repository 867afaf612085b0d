import type { Likelihood } from './choice-metrics.ts';

/** Metrics of one text's likelihood after its context. */
export const likelihoodMetrics: Readonly<Record<string, (likelihood: Likelihood) => number>> = {
  /** Aggregated as exp(−mean). */
  perplexity: ({ sum }) => sum,
  acc: ({ isGreedy }) => Number(isGreedy),
};
