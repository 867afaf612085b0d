import { MersenneTwister } from '../mersenne-twister.ts';

/** Python's `random.Random(seed)`, and the choice of a sample as CPython draws it. */
export class PythonRandom extends MersenneTwister {
  /** @param seed a whole number below 2^32 */
  constructor(seed: number) {
    super(19_650_218);
    const { state } = this;
    let at = 1;
    for (let step = 0; step < 624; step++) {
      const before = (state[at - 1] ?? 0) ^ ((state[at - 1] ?? 0) >>> 30);
      state[at] = ((state[at] ?? 0) ^ Math.imul(before, 1_664_525)) + seed;
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

  /** Uniform below `limit`, by as many bits as it has, drawn until they are below it. */
  private below(limit: number): number {
    const bits = 32 - Math.clz32(limit);
    for (;;) {
      const drawn = this.next() >>> (32 - bits);
      if (drawn < limit) return drawn;
    }
  }
}
