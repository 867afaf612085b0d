import { bitsOf, MagnitudeThreshold, magnitudeOf } from './magnitude-threshold.ts';

/**
 * Zeroes all but the `count` entries of largest magnitude, in place; of equal ones the earlier stay. Takes time
 * proportional to the number of values.
 */
export function keepLargestMagnitudes(values: Float32Array, count: number): void {
  if (count >= values.length) return;
  if (count <= 0) {
    values.fill(0);
    return;
  }
  const largest = new LargestMagnitudes(count);
  largest.countHigh(values);
  largest.countLow(values);
  largest.zeroOthers(values);
}

/**
 * The `count` entries of largest magnitude out of many arrays, which need not be in memory together: three passes over all
 * of them in the same order, one method each.
 */
export class LargestMagnitudes {
  private readonly count: number;
  private readonly threshold = new MagnitudeThreshold();
  private least: { readonly bits: number; equal: number } | null = null;

  constructor(count: number) {
    this.count = count;
  }

  /** First pass. */
  countHigh(values: Float32Array): void {
    this.threshold.countHigh(values);
  }

  /** Second pass. */
  countLow(values: Float32Array): void {
    if (this.keepsAll || this.count <= 0) return;
    this.threshold.choose(this.count);
    this.threshold.countLow(values);
  }

  /** Third pass: zeroes the other entries in place. */
  zeroOthers(values: Float32Array): void {
    if (this.keepsAll) return;
    if (this.count <= 0) {
      values.fill(0);
      return;
    }
    this.least ??= { ...this.threshold.found() };
    const { least } = this;
    const all = bitsOf(values);
    for (let at = 0; at < all.length; at++) {
      const magnitude = magnitudeOf(all[at] ?? 0);
      if (magnitude > least.bits || (magnitude === least.bits && least.equal-- > 0)) continue;
      values[at] = 0;
    }
  }

  private get keepsAll(): boolean {
    return this.count >= this.threshold.size;
  }
}
