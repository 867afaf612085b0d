import { RandomStream } from '../random.ts';

/** Up to this many points every ordering is counted: 8! = 40,320. */
const exactPoints = 8;

export interface RankCorrelation {
  readonly n: number;
  /** In [−1, 1]; NaN for fewer than two points or a constant side. */
  readonly value: number;
  /** Two-sided permutation p value of no association; NaN where the value is. */
  readonly p: number;
  readonly exact: boolean;
}

export interface PermutationOptions {
  readonly resamples?: number;
  readonly seed?: number;
}

/** Spearman's ρ: Pearson's correlation of the ranks, ties sharing their mean rank. @throws RangeError for unequal lengths */
export function spearman(
  x: readonly number[],
  y: readonly number[],
  options: PermutationOptions = {},
): RankCorrelation {
  const [first, second] = [ranks(x), ranks(y)];
  return permuted(first, second, pearson, options);
}

/** Spearman's ρ alone. */
export function rho(x: readonly number[], y: readonly number[]): number {
  return pearson(ranks(x), ranks(y));
}

/**
 * Kendall's τ-b, (concordant − discordant) / √((pairs not tied in x) · (pairs not tied in y)). @throws RangeError for
 * unequal lengths
 */
export function kendall(x: readonly number[], y: readonly number[], options: PermutationOptions = {}): RankCorrelation {
  return permuted([...x], [...y], tauB, options);
}

/** Ranks from 1, equal values sharing the mean of theirs. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, at) => at).sort((one, other) => (values[one] ?? 0) - (values[other] ?? 0));
  const result = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to++;
    for (const at of order.slice(from, to)) result[at] = (from + 1 + to) / 2;
    from = to;
  }
  return result;
}

type Statistic = (x: readonly number[], y: readonly number[]) => number;

/** The statistic, and the share of orderings of `y` that lie at least as far from zero. */
function permuted(
  x: readonly number[],
  y: number[],
  statistic: Statistic,
  { resamples = 9_999, seed = 0 }: PermutationOptions,
): RankCorrelation {
  const n = x.length;
  if (y.length !== n) throw new RangeError(`Paired values must have equal lengths, got ${n} and ${y.length}.`);
  const value = n < 2 ? Number.NaN : statistic(x, y);
  const exact = n <= exactPoints;
  if (Number.isNaN(value)) return { n, value, p: Number.NaN, exact };
  const threshold = Math.abs(value) - 1e-12;
  let extreme = 0;
  let count = 0;
  const look = (ordering: readonly number[]) => {
    count++;
    if (Math.abs(statistic(x, ordering)) >= threshold) extreme++;
  };
  if (exact) forEachOrdering(y, look);
  else {
    const random = RandomStream.named(seed, 'study', 'rank-correlation');
    // The observed ordering counts among the random ones (Phipson and Smyth 2010).
    look(y);
    const ordering = [...y];
    for (let resample = 0; resample < resamples; resample++) look(random.shuffle(ordering));
  }
  return { n, value, p: extreme / count, exact };
}

/** Heap's algorithm. */
function forEachOrdering(items: number[], look: (ordering: readonly number[]) => void, size = items.length): void {
  if (size <= 1) {
    look(items);
    return;
  }
  for (let at = 0; at < size; at++) {
    forEachOrdering(items, look, size - 1);
    const other = size % 2 === 0 ? at : 0;
    const [one = 0, last = 0] = [items[other], items[size - 1]];
    items[other] = last;
    items[size - 1] = one;
  }
}

function pearson(x: readonly number[], y: readonly number[]): number {
  const n = x.length;
  let [sumX, sumY] = [0, 0];
  for (let at = 0; at < n; at++) {
    sumX += x[at] ?? 0;
    sumY += y[at] ?? 0;
  }
  let [products, squaresX, squaresY] = [0, 0, 0];
  for (let at = 0; at < n; at++) {
    const dx = (x[at] ?? 0) - sumX / n;
    const dy = (y[at] ?? 0) - sumY / n;
    products += dx * dy;
    squaresX += dx * dx;
    squaresY += dy * dy;
  }
  return products / Math.sqrt(squaresX * squaresY);
}

/** Kendall's τ-b alone. */
export function tauB(x: readonly number[], y: readonly number[]): number {
  let [balance, untiedX, untiedY] = [0, 0, 0];
  for (let one = 0; one < x.length; one++)
    for (let other = 0; other < one; other++) {
      const dx = Math.sign((x[one] ?? 0) - (x[other] ?? 0));
      const dy = Math.sign((y[one] ?? 0) - (y[other] ?? 0));
      balance += dx * dy;
      if (dx !== 0) untiedX++;
      if (dy !== 0) untiedY++;
    }
  return balance / Math.sqrt(untiedX * untiedY);
}
