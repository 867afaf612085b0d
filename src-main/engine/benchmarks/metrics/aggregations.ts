import { matthewsCorrelation } from '../../metrics/matthews.ts';

/** Item of a metric for one question: a value, a sum with its weight, or the right and the chosen answer. */
export type Item = number | readonly [number, number];

export const aggregationIds = [
  'mean',
  'perplexity',
  'weighted_perplexity',
  'bits_per_byte',
  'f1',
  'matthews_corrcoef',
  // Only by a function of lm-eval's.
  'mean_f1_of_three',
] as const;
export type Aggregation = (typeof aggregationIds)[number];

/** lm-eval's aggregations of the items of all questions. */
const aggregations: Readonly<Record<Aggregation, (items: readonly Item[]) => number>> = {
  mean: (items) => mean(valuesOf(items)),
  perplexity: (items) => Math.exp(-mean(valuesOf(items))),
  weighted_perplexity: (items) => Math.exp(-weightedMean(items)),
  bits_per_byte: (items) => -weightedMean(items) / Math.LN2,
  f1: (items) => f1Of(items, 1),
  mean_f1_of_three: (items) => mean([0, 1, 2].map((label) => f1Of(items, label))),
  matthews_corrcoef: (items) => {
    const pairs = items.map(pairOf);
    const classes = [...new Set(pairs.flat())];
    const confusion = classes.map(() => new Array<number>(classes.length).fill(0));
    for (const [actual, predicted] of pairs) {
      const row = confusion[classes.indexOf(actual)];
      const column = classes.indexOf(predicted);
      if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
    }
    return matthewsCorrelation(confusion) ?? 0;
  },
};

/** A value with its standard error where it is a mean; null for what is no number, as a perplexity above every number. */
export function aggregate(
  aggregation: Aggregation,
  items: readonly Item[],
): { readonly value: number | null; readonly stderr: number | null } {
  const value = aggregations[aggregation](items);
  const isMean = aggregation === 'mean' && items.length > 1;
  return {
    value: Number.isFinite(value) ? value : null,
    stderr: isMean ? standardError(valuesOf(items), value) : null,
  };
}

function standardError(values: readonly number[], center: number): number {
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1)) / Math.sqrt(values.length);
}

/** F1 of one class; 0 if it is neither right nor predicted. */
function f1Of(items: readonly Item[], label: number): number {
  const pairs = items.map(pairOf);
  const hits = pairs.filter(([actual, predicted]) => actual === label && predicted === label).length;
  const either = pairs.flat().filter((one) => one === label).length;
  return either === 0 ? 0 : (2 * hits) / either;
}

function valuesOf(items: readonly Item[]): number[] {
  return items.map((item) => (typeof item === 'number' ? item : Number.NaN));
}

function pairOf(item: Item): readonly [number, number] {
  return typeof item === 'number' ? [Number.NaN, Number.NaN] : item;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function weightedMean(items: readonly Item[]): number {
  const pairs = items.map(pairOf);
  return pairs.reduce((sum, [value]) => sum + value, 0) / pairs.reduce((sum, [, weight]) => sum + weight, 0);
}
