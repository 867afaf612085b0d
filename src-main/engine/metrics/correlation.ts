import * as declared from '../../../src-shared/metrics/correlation.ts';
import { ranks } from '../../../src-shared/statistics/rank-correlation.ts';
import { defineMetric } from './metric.ts';

export const pearson = defineMetric(declared.pearson, ({ labels, predictions }) => correlation(labels, predictions));

export const spearman = defineMetric(declared.spearman, ({ labels, predictions }) =>
  correlation(ranks(labels), ranks(predictions)),
);

/** Centers the values first: sums of squares of raw values would cancel. */
function correlation(left: readonly number[], right: readonly number[]): number | null {
  const centred = (values: readonly number[]): number[] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const [one, other] = [centred(left), centred(right)];
  const squares = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0);
  const scale = Math.sqrt(squares(one)) * Math.sqrt(squares(other));
  if (left.length < 2 || !(scale > 0)) return null;
  const value = one.reduce((sum, deviation, index) => sum + deviation * (other[index] ?? 0), 0) / scale;
  return Math.max(-1, Math.min(1, value));
}
