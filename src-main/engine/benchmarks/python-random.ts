import { createHash } from 'node:crypto';
import { MersenneTwister } from '../mersenne-twister.ts';

/** Python's `random.Random(seed)`, and the choice of a sample and a shuffle as CPython draws them. */
export class PythonRandom extends MersenneTwister {
  /** @param seed a whole number below 2^32, or a text */
  constructor(seed: number | string) {
    super(19_650_218);
    const { state } = this;
    const key = typeof seed === 'number' ? [seed] : keyOfText(seed);
    let at = 1;
    for (let step = 0; step < Math.max(624, key.length); step++) {
      const before = (state[at - 1] ?? 0) ^ ((state[at - 1] ?? 0) >>> 30);
      const part = step % key.length;
      state[at] = ((state[at] ?? 0) ^ Math.imul(before, 1_664_525)) + (key[part] ?? 0) + part;
      if (++at >= 624) {
        state[0] = state[623] ?? 0;
        at = 1;
      }
    }
    for (let step = 0; step < 623; step++) {
      const before = (state[at - 1] ?? 0) ^ ((state[at - 1] ?? 0) >>> 30);
      state[at] = ((state[at] ?? 0) ^ Math.imul(before, 1_566_083_941)) - at;
      if (++at >= 624) {
        state[0] = state[623] ?? 0;
        at = 1;
      }
    }
    state[0] = 0x8000_0000;
  }

  /** `count` of the indices below `size`, without repetition, in the order in which they are drawn. */
  sample(size: number, count: number): number[] {
    // From this size on CPython remembers what was drawn instead of what is left.
    const poolSize = 21 + (count > 5 ? 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 0);
    if (size > poolSize) {
      const drawn = new Set<number>();
      while (drawn.size < count) drawn.add(this.below(size));
      return [...drawn];
    }
    const pool = Array.from({ length: size }, (_, index) => index);
    return Array.from({ length: count }, (_, step) => {
      const place = this.below(size - step);
      const chosen = pool[place] ?? 0;
      pool[place] = pool[size - step - 1] ?? 0;
      return chosen;
    });
  }

  /** Python's `random.shuffle`, in place. */
  shuffle(items: unknown[]): void {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [items[last], items[other]] = [items[other], items[last]];
    }
  }

  /** Uniform below `limit`, by as many bits as it has, drawn until they are below it. */
  private below(limit: number): number {
    const bits = 32 - Math.clz32(limit);
    for (;;) {
      const drawn = this.next() >>> (32 - bits);
      if (drawn < limit) return drawn;
    }
  }
}

/** Words of 32 bits of the number that CPython makes of a text and its hash, from the lowest. */
function keyOfText(text: string): number[] {
  const bytes = Buffer.from(text);
  const number = Buffer.concat([bytes, createHash('sha512').update(bytes).digest()]);
  const padded = Buffer.concat([Buffer.alloc((4 - (number.length % 4)) % 4), number]);
  const words = Array.from({ length: padded.length / 4 }, (_, index) => padded.readUInt32BE(index * 4));
  while (words.length > 1 && words[0] === 0) words.shift();
  return words.reverse();
}
