import type { Score } from '../../../src-shared/domain/plan.ts';
import { exampleValues } from '../../../src-shared/results/outcomes.ts';
import { ExampleBootstrap } from '../../../src-shared/statistics/example-bootstrap.ts';
import type { ConnectivityMetric, Estimate } from '../../../src-shared/studies/connectivity.ts';

type Bootstraps = Readonly<Record<ConnectivityMetric, ExampleBootstrap>>;

/**
 * Bootstraps over the test examples of scores, whose columns are in the order of the scores. Null if a score does not
 * know its examples one by one.
 */
export function bootstrapsOf(scores: readonly Score[], seed: number): Bootstraps | null {
  const columnsOf = (metric: ConnectivityMetric) => {
    const columns = scores.flatMap((score) => exampleValues(score, metric) ?? []);
    return columns.length === scores.length && columns.length > 0 ? new ExampleBootstrap(columns, seed) : null;
  };
  const [accuracy, loss] = [columnsOf('accuracy'), columnsOf('loss')];
  return accuracy === null || loss === null ? null : { accuracy, loss };
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
