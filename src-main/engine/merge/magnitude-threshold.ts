/** Of a float's 31 bits without the sign, the upper ones tell the bin; magnitudes and these bits have the same order. */
const lowBits = 15;
const lowMask = 2 ** lowBits - 1;
const magnitudeMask = 0x7fffffff;

/**
 * The magnitude of a given rank among values that are seen piece by piece, twice: the first pass finds the bin that holds
 * it, the second one the value.
 */
export class MagnitudeThreshold {
  private readonly high = new Float64Array(2 ** (31 - lowBits));
  private readonly low = new Float64Array(2 ** lowBits);
  private bin: { readonly index: number; readonly left: number } | null = null;
  private total = 0;

  /** Values seen in the first pass. */
  get size(): number {
    return this.total;
  }

  countHigh(values: Float32Array): void {
    this.total += values.length;
    for (const bits of bitsOf(values)) add(this.high, (bits & magnitudeMask) >>> lowBits);
  }

  /** Ends the first pass. @param count rank of the magnitude from the top, 1 the largest */
  choose(count: number): void {
    this.bin = fromTop(this.high, count);
  }

  countLow(values: Float32Array): void {
    const index = this.bin?.index ?? -1;
    for (const bits of bitsOf(values)) {
      const magnitude = bits & magnitudeMask;
      if (magnitude >>> lowBits === index) add(this.low, magnitude & lowMask);
    }
  }

  /** The magnitude, after the second pass. */
  value(): number {
    if (this.bin === null) throw new Error('the first pass has not ended');
    const { index } = fromTop(this.low, this.bin.left);
    return new Float32Array(Uint32Array.of(this.bin.index * 2 ** lowBits + index).buffer)[0] ?? 0;
  }
}

function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

/** The bin that holds the `count`th value from the top, and its position within that bin. */
function fromTop(bins: Float64Array, count: number): { readonly index: number; readonly left: number } {
  let left = count;
  for (let index = bins.length - 1; index >= 0; index--) {
    const here = bins[index] ?? 0;
    if (here >= left) return { index, left };
    left -= here;
  }
  return { index: 0, left };
}

function add(bins: Float64Array, index: number): void {
  bins[index] = (bins[index] ?? 0) + 1;
}
