import * as declared from '../../../src-shared/metrics/matthews.ts';
import { defineMetric } from './metric.ts';

/** Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation coefficient". */
export const matthews = defineMetric(declared.matthews, ({ confusion }) => matthewsCorrelation(confusion));

/** Computes the coefficient of a table of counts, actual by predicted; null for an empty one. */
export function matthewsCorrelation(confusion: readonly (readonly number[])[]): number | null {
  const actual = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const predicted = confusion.map((_, label) => confusion.reduce((sum, row) => sum + (row[label] ?? 0), 0));
  const total = actual.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const right = confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
  const product = (left: readonly number[], other: readonly number[]): number =>
    left.reduce((sum, count, label) => sum + count * (other[label] ?? 0), 0);
  const scale = Math.sqrt((total * total - product(predicted, predicted)) * (total * total - product(actual, actual)));
  return scale === 0 ? 0 : (right * total - product(actual, predicted)) / scale;
}
