/**
 * Statistics of values that belong to pairs of seeds, such as the score of two adapters merged. Pairs that share a seed
 * vary together: n seeds make n · (n − 1) / 2 pairs, but remain n draws.
 */

/** Every pair of `count` seeds by their positions. */
export function pairsOfSeeds(count: number): [number, number][] {
  return Array.from({ length: count }, (_, second) =>
    Array.from({ length: second }, (_, first): [number, number] => [first, second]),
  ).flat();
}

/**
 * One value for each seed in place of one for each pair: the jackknife's pseudo-values n · U − (n − 1) · U without the seed
 * (Efron and Tibshirani 1993, section 11.5; of a U statistic, Arvesen 1969). Their mean is the mean of the pairs, and their
 * spread that of the seeds, so that intervals and tests over seeds take them as they are. `rows` follow `pairsOfSeeds`;
 * the result is [seeds][columns], or the only pair itself for two seeds.
 */
export function pseudoValues(rows: readonly ArrayLike<number>[], seeds: number): Float64Array[] {
  const pairs = pairsOfSeeds(seeds);
  if (rows.length !== pairs.length)
    throw new RangeError(`${seeds} seeds make ${pairs.length} pairs, got values of ${rows.length}.`);
  if (seeds < 3) return rows.map((row) => Float64Array.from(row));
  const columns = rows[0]?.length ?? 0;
  const all = new Float64Array(columns);
  const own = Array.from({ length: seeds }, () => new Float64Array(columns));
  for (const [at, pair] of pairs.entries())
    for (let column = 0; column < columns; column++) {
      const value = rows[at]?.[column] ?? Number.NaN;
      all[column] = (all[column] ?? 0) + value / pairs.length;
      for (const seed of pair) {
        const sums = own[seed];
        if (sums) sums[column] = (sums[column] ?? 0) + value / (seeds - 1);
      }
    }
  const factor = (2 * (seeds - 1)) / (seeds - 2);
  return own.map((means) => means.map((mean, column) => (all[column] ?? 0) + factor * (mean - (all[column] ?? 0))));
}
