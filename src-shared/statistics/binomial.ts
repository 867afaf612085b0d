const z95 = 1.959963984540054;

/** The 95 % interval of a share of `count` independent trials (Wilson 1927): within 0 and 1, also at the ends. */
export function wilsonInterval(share: number, count: number): { low: number; high: number } {
  const weight = z95 ** 2 / count;
  const center = (share + weight / 2) / (1 + weight);
  const half = (z95 / (1 + weight)) * Math.sqrt((share * (1 - share)) / count + weight / (4 * count));
  return { low: center - half, high: center + half };
}

/** Standard error of a share of `count` independent trials. */
export function shareError(share: number, count: number): number {
  return Math.sqrt((share * (1 - share)) / count);
}

/**
 * The 95 % interval of the difference `share` − `other` of two shares of `count` independent trials each (Newcombe
 * 1998, method 10): from the Wilson intervals of both. For scores on the same examples, the interval is conservative.
 */
export function shareDifferenceInterval(share: number, other: number, count: number): { low: number; high: number } {
  const [one, two] = [wilsonInterval(share, count), wilsonInterval(other, count)];
  const difference = share - other;
  return {
    low: difference - Math.hypot(share - one.low, two.high - other),
    high: difference + Math.hypot(one.high - share, other - two.low),
  };
}
