import type { Curve } from '../domain/runs/run-history.ts';
import { mean, sampleStandardDeviation } from '../statistics/student.ts';

/** Fewest and most values of the beginning of a curve: later ones already show the training. */
const firstValues = { fewest: 2, most: 5 };

/** The values of a metric in the order of their steps; empty if it was not recorded. */
export function valuesOf(curves: ReadonlyMap<string, Curve>, metric: string): number[] {
  return [...(curves.get(metric)?.mean ?? [])];
}

/** The beginning of a curve, its first twentieth: its mean, and its highest value, which shows the noise of the batches. */
export function beginning(values: readonly number[]): { readonly level: number; readonly highest: number } {
  const { fewest, most } = firstValues;
  const first = values.slice(0, Math.max(fewest, Math.min(most, Math.floor(values.length / 20))));
  return { level: mean(first), highest: Math.max(...first) };
}

/** The part of a curve between two shares of its length, e.g. 0.75 and 1 for its last quarter. */
export function part<Item>(values: readonly Item[], from: number, to: number): Item[] {
  return values.slice(Math.floor(from * values.length), Math.floor(to * values.length));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const [below = Number.NaN, above = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 0 ? (below + above) / 2 : above;
}

/** Medians of all windows of `size` values: a single spike does not raise one. */
export function windowMedians(values: readonly number[], size: number): number[] {
  return Array.from({ length: Math.max(0, values.length - size + 1) }, (_, at) => median(values.slice(at, at + size)));
}

/** Standard error of the difference of the means of two parts. */
export function differenceError(one: readonly number[], other: readonly number[]): number {
  const variance = (values: readonly number[]) => sampleStandardDeviation(values) ** 2 / values.length;
  return Math.sqrt(variance(one) + variance(other));
}
