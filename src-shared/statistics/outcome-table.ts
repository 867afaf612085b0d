/**
 * Outcomes of the same test examples under several seeds, seed by seed: 1 for a right answer and 0 for a wrong one, or
 * a loss. Tables of one comparison share the order of seeds and of examples, so that both can be paired.
 */
export interface OutcomeTable {
  readonly seeds: number;
  readonly examples: number;
  /** [seeds, examples], row by row. */
  readonly values: Float64Array;
  /** Weights of the examples in the mean, e.g. their token counts; null: equal. */
  readonly weights: ArrayLike<number> | null;
}

/** @throws RangeError for no outcomes, or seeds with different numbers of examples */
export function outcomeTable(
  bySeed: readonly ArrayLike<number>[],
  weights: ArrayLike<number> | null = null,
): OutcomeTable {
  const examples = bySeed[0]?.length ?? 0;
  if (examples === 0) throw new RangeError('A table of outcomes needs a seed and an example.');
  const values = new Float64Array(bySeed.length * examples);
  for (const [seed, outcomes] of bySeed.entries()) {
    if (outcomes.length !== examples)
      throw new RangeError(`Every seed needs outcomes of the same examples, got ${examples} and ${outcomes.length}.`);
    values.set(outcomes, seed * examples);
  }
  return { seeds: bySeed.length, examples, values, weights };
}

/**
 * The same table with every example counting alike, for statistics that know no weights: the mean is kept, and each value
 * deviates from it by its influence on it, (w / mean of w) · (value − mean).
 */
export function withoutWeights(table: OutcomeTable): OutcomeTable {
  const { examples, values, weights } = table;
  if (weights === null) return table;
  let [total, sum] = [0, 0];
  for (let example = 0; example < examples; example++) total += weights[example] ?? 0;
  for (let at = 0; at < values.length; at++) sum += (weights[at % examples] ?? 0) * (values[at] ?? 0);
  const mean = sum / (total * table.seeds);
  const scale = examples / total;
  const influences = values.map((value, at) => mean + scale * (weights[at % examples] ?? 0) * (value - mean));
  return { ...table, values: influences, weights: null };
}

/** Differences treatment − control of each seed and example. @throws RangeError for tables of unequal shape */
export function differenceTable(treatment: OutcomeTable, control: OutcomeTable): OutcomeTable {
  requireEqualShape(treatment, control);
  return { ...treatment, values: treatment.values.map((value, at) => value - (control.values[at] ?? 0)) };
}

export function requireEqualShape(one: OutcomeTable, other: OutcomeTable): void {
  if (one.seeds !== other.seeds || one.examples !== other.examples)
    throw new RangeError(
      `Paired outcomes need the same seeds and examples, got ${one.seeds} × ${one.examples} and ${other.seeds} × ${other.examples}.`,
    );
}

/** Mean of each seed over the examples; weights do not count. */
export function seedMeans({ seeds, examples, values }: OutcomeTable): number[] {
  return Array.from({ length: seeds }, (_, seed) => {
    let sum = 0;
    for (let at = seed * examples; at < (seed + 1) * examples; at++) sum += values[at] ?? 0;
    return sum / examples;
  });
}

/** Mean of each example over the seeds; weights do not count. */
export function exampleMeans({ seeds, examples, values }: OutcomeTable): Float64Array {
  const means = new Float64Array(examples);
  for (let seed = 0; seed < seeds; seed++)
    for (let example = 0; example < examples; example++)
      means[example] = (means[example] ?? 0) + (values[seed * examples + example] ?? 0) / seeds;
  return means;
}

/** Variance of a mean over seeds × examples by its sources. */
export interface MeanVariance {
  /**
   * Variance component of the seeds; those of seeds, examples and their interaction add up to the variance of the mean.
   */
  readonly seeds: number;
  readonly examples: number;
  readonly interaction: number;
  readonly total: number;
  /**
   * `total` with negative components of seeds and examples counted as they are, though at least the smaller of their mean
   * squares: the unbiased variance, which a test needs for its size. `total` is never smaller.
   */
  readonly unbiased: number;
  /** Degrees of freedom of `unbiased`. */
  readonly unbiasedDegrees: number;
  /** Degrees of freedom of `total` (Satterthwaite 1946): near seeds − 1 where seeds differ most, large where examples do. */
  readonly degrees: number;
}

/**
 * Variance of the table's mean, for seeds and examples redrawn: mean squares of the crossed two-way layout without
 * replication (Searle, Casella and McCulloch 1992, chapter 4), negative components taken as zero. With a single seed
 * only examples vary.
 */
export function meanVariance(table: OutcomeTable): MeanVariance {
  const { seeds, examples, values } = table;
  const bySeed = seedMeans(table);
  const byExample = exampleMeans(table);
  const mean = bySeed.reduce((sum, value) => sum + value, 0) / seeds;
  const count = seeds * examples;
  const ofExamples = byExample.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  if (seeds === 1 || examples === 1) {
    const variance =
      seeds === 1
        ? ofExamples / Math.max(1, examples - 1) / examples
        : bySeed.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (seeds - 1) / seeds;
    const own = seeds === 1 ? { seeds: 0, examples: variance } : { seeds: variance, examples: 0 };
    const degrees = Math.max(1, count - 1);
    return { ...own, interaction: 0, total: variance, unbiased: variance, unbiasedDegrees: degrees, degrees };
  }
  let squares = 0;
  for (let seed = 0; seed < seeds; seed++)
    for (let example = 0; example < examples; example++) {
      const value = values[seed * examples + example] ?? 0;
      squares += (value - (bySeed[seed] ?? 0) - (byExample[example] ?? 0) + mean) ** 2;
    }
  // Mean squares over the number of outcomes: each is a variance of the mean.
  const [bothDegrees, seedDegrees, exampleDegrees] = [(seeds - 1) * (examples - 1), seeds - 1, examples - 1];
  const both = squares / bothDegrees / count;
  const seedSquare = (examples * bySeed.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / seedDegrees / count;
  const exampleSquare = (seeds * ofExamples) / exampleDegrees / count;
  const ofSeeds = Math.max(0, seedSquare - both);
  const ofSamples = Math.max(0, exampleSquare - both);
  const total = ofSeeds + ofSamples + both;
  const uncertainty = seedSquare ** 2 / seedDegrees + exampleSquare ** 2 / exampleDegrees + both ** 2 / bothDegrees;
  const degreesOf = (variance: number) =>
    uncertainty === 0 ? seedDegrees : Math.max(seedDegrees, variance ** 2 / uncertainty);
  const unbiased = Math.max(seedSquare + exampleSquare - both, Math.min(seedSquare, exampleSquare));
  return {
    seeds: ofSeeds,
    examples: ofSamples,
    interaction: both,
    total,
    unbiased,
    unbiasedDegrees: degreesOf(unbiased),
    degrees: degreesOf(total),
  };
}
