/**
 * Number of low bits ignored: the upper ones of a float's 31 bits without the sign select the bin. Magnitudes and these
 * bits have the same order.
 */
const lowBits = 15;
const lowMask = 2 ** lowBits - 1;
const magnitudeMask = 0x7fffffff;

interface Place {
  readonly index: number;
  readonly left: number;
}

/**
 * The magnitude of a given rank among values that are seen piece by piece, twice: the first pass finds the bin that holds
 * it, the second one the value. Up to 2³² − 1 values.
 */
export class MagnitudeThreshold {
  private readonly high = new Uint32Array(2 ** (31 - lowBits));
  private readonly low = new Uint32Array(2 ** lowBits);
  private bin: Place | null = null;
  private total = 0;

  /** Values seen in the first pass. */
  get size(): number {
    return this.total;
  }

  countHigh(values: Float32Array): void {
    this.total += values.length;
    const [all, bins] = [bitsOf(values), this.high];
    for (let at = 0; at < all.length; at++) increment(bins, magnitudeOf(all[at] ?? 0) >>> lowBits);
  }

  /** Ends the first pass; later calls change nothing. @param count rank of the magnitude from the top, 1 the largest */
  choose(count: number): void {
    this.bin ??= fromTop(this.high, count);
  }

  countLow(values: Float32Array): void {
    const index = this.bin?.index ?? -1;
    const [all, bins] = [bitsOf(values), this.low];
    for (let at = 0; at < all.length; at++) {
      const magnitude = magnitudeOf(all[at] ?? 0);
      if (magnitude >>> lowBits === index) increment(bins, magnitude & lowMask);
    }
  }

  /** After the second pass: the bits of the magnitude, and how many of the values equal to it are among the largest. */
  found(): { readonly bits: number; readonly equal: number } {
    if (this.bin === null) throw new Error('the first pass has not ended');
    const { index, left } = fromTop(this.low, this.bin.left);
    return { bits: this.bin.index * 2 ** lowBits + index, equal: left };
  }

  /** The magnitude, after the second pass. */
  value(): number {
    return new Float32Array(Uint32Array.of(this.found().bits).buffer)[0] ?? 0;
  }
}

export function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

/** The bits of a float without the sign. */
export function magnitudeOf(bits: number): number {
  return bits & magnitudeMask;
}

/** The bin with the `count`th value from the top, and its position within that bin. */
function fromTop(bins: Uint32Array, count: number): Place {
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
