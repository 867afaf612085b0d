/**
 * Bootstrap over test examples of statistics that are no mean, such as the highest point of a curve: every resample
 * draws the examples with replacement, once for all curves, so that differences between curves are paired. (Efron and
 * Tibshirani 1993, chapter 13: percentile intervals.)
 */
import { RandomStream } from '../random.ts';
import type { ExampleValues } from '../results/outcomes.ts';
import { drawCounts, percentileInterval } from './bootstrap.ts';

const defaultResamples = 1000;

export class ExampleBootstrap {
  private readonly columns: number;
  /** [resamples, columns] */
  private readonly means: Float64Array;

  /**
   * @param columns values of the same examples, each column of one subject; all with the same weights
   * @throws RangeError for none, or columns of unequal length
   */
  constructor(columns: readonly ExampleValues[], seed: number, resamples = defaultResamples) {
    const examples = columns[0]?.values.length ?? 0;
    if (examples === 0) throw new RangeError('The bootstrap needs examples.');
    if (columns.some(({ values }) => values.length !== examples))
      throw new RangeError('The columns of a bootstrap must be of the same examples.');
    this.columns = columns.length;
    this.means = resampledMeans(columns, examples, resamples, seed);
  }

  /** The columns' means in every resample, for statistics that combine bootstraps of several datasets. */
  *resamples(): Generator<Float64Array> {
    for (let start = 0; start < this.means.length; start += this.columns)
      yield this.means.subarray(start, start + this.columns);
  }

  /** 95 % interval of a statistic of the columns' means. */
  interval(statistic: (means: Float64Array) => number): [low: number, high: number] {
    return percentileInterval(Float64Array.from(this.resamples(), statistic));
  }
}

/** The weighted mean of each column in each resample. */
function resampledMeans(
  columns: readonly ExampleValues[],
  examples: number,
  resamples: number,
  seed: number,
): Float64Array {
  const width = columns.length;
  // Examples are rows, so that a resample reads memory in order.
  const rows = new Float64Array(examples * width);
  for (const [column, { values }] of columns.entries())
    for (const [example, value] of values.entries()) rows[example * width + column] = value;
  const weights = columns[0]?.weights ?? null;
  const random = RandomStream.named(seed, 'study', 'bootstrap of examples');
  const times = new Float64Array(examples);
  const means = new Float64Array(resamples * width);
  for (let resample = 0; resample < resamples; resample++) {
    drawCounts(random, times);
    const sums = means.subarray(resample * width, (resample + 1) * width);
    let total = 0;
    for (let example = 0; example < examples; example++) {
      const share = (times[example] ?? 0) * (weights?.[example] ?? 1);
      if (share === 0) continue;
      total += share;
      const from = example * width;
      for (let column = 0; column < width; column++)
        sums[column] = (sums[column] ?? 0) + share * (rows[from + column] ?? 0);
    }
    for (let column = 0; column < width; column++) sums[column] = (sums[column] ?? 0) / total;
  }
  return means;
}
