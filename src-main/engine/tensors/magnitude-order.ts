import { bitsOf, magnitudeOf } from './magnitude-threshold.ts';

/** Bits of a magnitude that one pass sorts by: 31 bits in three passes, with counts that stay in the first-level cache. */
const digit = 11;
const digits = 2 ** digit;

/** Sorts rows of one length by magnitude: a radix sort of the bits of the floats, whose order is that of the magnitudes. */
export class MagnitudeOrder {
  private readonly length: number;
  private readonly counts = new Uint32Array(digits);
  private from: Uint32Array;
  private to: Uint32Array;

  constructor(length: number) {
    this.length = length;
    this.from = new Uint32Array(length);
    this.to = new Uint32Array(length);
  }

  /** Indices of the values from the smallest magnitude to the largest, of equal ones the earlier first. Valid until the next call. */
  order(values: Float32Array): Uint32Array {
    const bits = bitsOf(values);
    for (let at = 0; at < this.length; at++) this.from[at] = at;
    for (let shift = 0; shift < 31; shift += digit) {
      const { counts, from, to } = this;
      counts.fill(0);
      for (let at = 0; at < bits.length; at++) {
        const bin = (magnitudeOf(bits[at] ?? 0) >>> shift) & (digits - 1);
        counts[bin] = (counts[bin] ?? 0) + 1;
      }
      let first = 0;
      for (let bin = 0; bin < digits; bin++) {
        const count = counts[bin] ?? 0;
        counts[bin] = first;
        first += count;
      }
      for (let at = 0; at < this.length; at++) {
        const index = from[at] ?? 0;
        const bin = (magnitudeOf(bits[index] ?? 0) >>> shift) & (digits - 1);
        const place = counts[bin] ?? 0;
        to[place] = index;
        counts[bin] = place + 1;
      }
      [this.from, this.to] = [to, from];
    }
    return this.from;
  }
}
