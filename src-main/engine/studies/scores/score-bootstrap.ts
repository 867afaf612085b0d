import type { Score } from '../../../../src-shared/domain/studies/plan.ts';
import { type ExampleMetricId, exampleMetrics } from '../../../../src-shared/metrics/index.ts';
import { exampleValues } from '../../../../src-shared/results/outcomes.ts';
import { ExampleBootstrap } from '../../../../src-shared/statistics/example-bootstrap.ts';
import type { Estimate } from '../../../../src-shared/studies/interpolation/connectivity.ts';

/**
 * Bootstraps over the test examples of scores by their metric, whose columns are in the order of the scores. Undefined for a
 * metric that is no mean over examples, and where a score does not know its examples one by one.
 */
export function bootstrapsOf(scores: readonly Score[], seed: number): (metric: string) => ExampleBootstrap | undefined {
  const bootstrapOf = (metric: ExampleMetricId) => {
    const columns = scores.flatMap((score) => exampleValues(score, metric) ?? []);
    return columns.length === scores.length && columns.length > 0 ? new ExampleBootstrap(columns, seed) : undefined;
  };
  const bootstraps = new Map<string, ExampleBootstrap | undefined>(exampleMetrics.map((id) => [id, bootstrapOf(id)]));
  return (metric) => bootstraps.get(metric);
}

/** A value with the 95 % interval of its statistic, if there is a bootstrap. */
export function withInterval(
  bootstrap: ExampleBootstrap | undefined,
  value: number,
  statistic: (means: Float64Array) => number,
): Estimate {
  if (bootstrap === undefined) return { value, low: null, high: null };
  const [low, high] = bootstrap.interval(statistic);
  return { value, low, high };
}
