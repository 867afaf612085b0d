/** Of a float's 31 bits without the sign, the upper ones tell the bin; magnitudes and these bits have the same order. */
const lowBits = 15;
const binCount = 2 ** (31 - lowBits);
const magnitudeBits = 0x7fffffff;

/**
 * Zeroes all but the `count` entries of largest magnitude, in place; of equal ones the earlier stay. Takes time
 * proportional to the number of values.
 */
export function keepLargestMagnitudes(values: Float32Array, count: number): void {
  const largest = new LargestMagnitudes(count);
  largest.countHigh(values);
  largest.countLow(values);
  largest.zeroOthers(values);
}

/**
 * The `count` entries of largest magnitude out of many arrays, which need not be in memory together: three passes over all
 * of them in the same order, one method each. Two counts over the bits of the values find the threshold.
 */
export class LargestMagnitudes {
  private readonly count: number;
  private readonly high = new Uint32Array(binCount);
  private readonly low = new Uint32Array(2 ** lowBits);
  private total = 0;
  private bin: { readonly index: number; readonly left: number } | null = null;
  private threshold = -1;
  private equal = 0;

  constructor(count: number) {
    this.count = count;
  }

  /** First pass. */
  countHigh(values: Float32Array): void {
    this.total += values.length;
    for (const bits of bitsOf(values)) increment(this.high, (bits & magnitudeBits) >>> lowBits);
  }

  /** Second pass. */
  countLow(values: Float32Array): void {
    if (this.keepsAll || this.count <= 0) return;
    this.bin ??= fromTop(this.high, this.count);
    for (const bits of bitsOf(values)) {
      const magnitude = bits & magnitudeBits;
      if (magnitude >>> lowBits === this.bin.index) increment(this.low, magnitude & (2 ** lowBits - 1));
    }
  }

  /** Third pass: zeroes the other entries in place. */
  zeroOthers(values: Float32Array): void {
    if (this.keepsAll) return;
    if (this.count <= 0) {
      values.fill(0);
      return;
    }
    if (this.threshold < 0 && this.bin) {
      const value = fromTop(this.low, this.bin.left);
      this.threshold = this.bin.index * 2 ** lowBits + value.index;
      this.equal = value.left;
    }
    const all = bitsOf(values);
    for (let at = 0; at < all.length; at++) {
      const magnitude = (all[at] ?? 0) & magnitudeBits;
      if (magnitude > this.threshold || (magnitude === this.threshold && this.equal-- > 0)) continue;
      values[at] = 0;
    }
  }

  private get keepsAll(): boolean {
    return this.count >= this.total;
  }
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/** The bin of the `count`th value from the top, and its position within that bin. */
function fromTop(bins: Uint32Array, count: number): { readonly index: number; readonly left: number } {
  let left = count;
  for (let index = bins.length - 1; index >= 0; index--) {
    const here = bins[index] ?? 0;
    if (here >= left) return { index, left };
    left -= here;
  }
  return { index: 0, left };
}

function increment(bins: Uint32Array, index: number): void {
  bins[index] = (bins[index] ?? 0) + 1;
}
