/** Examples that two models get right or wrong. */
export interface PairedCounts {
  readonly bothRight: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly bothWrong: number;
}

/** Counts examples by which of two models is right. @throws RangeError if the models were not evaluated on as many examples */
export function pairedCounts(first: ArrayLike<number>, second: ArrayLike<number>): PairedCounts {
  if (first.length !== second.length)
    throw new RangeError(`${first.length} examples cannot be paired with ${second.length}.`);
  const counts = { bothRight: 0, onlyFirst: 0, onlySecond: 0, bothWrong: 0 };
  for (let at = 0; at < first.length; at++) {
    const [one, two] = [first[at] === 1, second[at] === 1];
    counts[one ? (two ? 'bothRight' : 'onlyFirst') : two ? 'onlySecond' : 'bothWrong']++;
  }
  return counts;
}

/**
 * Two-sided p of McNemar's exact test (1947): the examples that only one model gets right are split as the tosses of a fair
 * coin if both models have the same accuracy. 1 where the models are right on the same examples. The test covers the draw of
 * the test examples for two trained models, not their seeds.
 */
export function mcNemarTest({ onlyFirst, onlySecond }: Pick<PairedCounts, 'onlyFirst' | 'onlySecond'>): number {
  const [tosses, fewer] = [onlyFirst + onlySecond, Math.min(onlyFirst, onlySecond)];
  // Logarithms, since 2ⁿ overflows from 1,024 tosses on.
  let logWays = 0;
  let tail = 0;
  for (let heads = 0; heads <= fewer; heads++) {
    tail += Math.exp(logWays - tosses * Math.LN2);
    logWays += Math.log(tosses - heads) - Math.log(heads + 1);
  }
  return Math.min(1, 2 * tail);
}
