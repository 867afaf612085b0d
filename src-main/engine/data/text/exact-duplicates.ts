/** Rows beyond this many are not compared: the table of hashes stays below 110 MB. */
const maxRows = 2 ** 22;
const seenIn = { train: 1, test: 2 } as const;

/**
 * Finds texts that occur more than once, by 64 bits of hash: of four million different texts, two share them by chance
 * once in two million datasets.
 */
export class ExactDuplicates {
  private high = new Uint32Array(1024);
  private low = new Uint32Array(1024);
  private splits = new Uint8Array(1024);
  private used = 0;
  /** Number of rows compared. */
  compared = 0;
  /** Rows that repeat an earlier one of their own split. */
  readonly within = { train: 0, test: 0 };
  /** Distinct texts that occur in both splits. */
  across = 0;

  /** Returns whether the text is now, for the first time, in both splits. */
  add(text: string, split: 'train' | 'test'): boolean {
    if (this.compared >= maxRows) return false;
    this.compared++;
    if (this.used * 2 >= this.high.length) this.grow();
    const [high, low] = hash64(text);
    const slot = this.slotOf(high, low);
    const before = this.splits[slot] ?? 0;
    if (before === 0) {
      this.used++;
      this.high[slot] = high;
      this.low[slot] = low;
    }
    if (before & seenIn[split]) this.within[split]++;
    this.splits[slot] = before | seenIn[split];
    const met = before !== 0 && before !== 3 && this.splits[slot] === 3;
    if (met) this.across++;
    return met;
  }

  /** Returns true if the text was added to either split. */
  has(text: string): boolean {
    return this.splits[this.slotOf(...hash64(text))] !== 0;
  }

  /** Slot of these bits, or the free slot for them. */
  private slotOf(high: number, low: number): number {
    const mask = this.high.length - 1;
    let slot = low & mask;
    while (this.splits[slot] !== 0 && (this.high[slot] !== high || this.low[slot] !== low)) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { high, low, splits } = this;
    this.high = new Uint32Array(high.length * 2);
    this.low = new Uint32Array(high.length * 2);
    this.splits = new Uint8Array(high.length * 2);
    for (const [index, split] of splits.entries()) {
      if (split === 0) continue;
      const slot = this.slotOf(high[index] ?? 0, low[index] ?? 0);
      this.high[slot] = high[index] ?? 0;
      this.low[slot] = low[index] ?? 0;
      this.splits[slot] = split;
    }
  }
}

/** Two lanes of multiply and rotate over UTF-16 units, with MurmurHash3's finalizer. */
export function hash64(text: string): [high: number, low: number] {
  let one = 0x9e3779b9 ^ text.length;
  let other = 0x85ebca6b;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    one = Math.imul(one ^ unit, 0xcc9e2d51);
    one = (one << 15) | (one >>> 17);
    other = Math.imul(other ^ unit, 0x1b873593);
    other = (other << 13) | (other >>> 19);
  }
  return [finish(one ^ (other >>> 3)), finish(other ^ (one >>> 5))];
}

function finish(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
