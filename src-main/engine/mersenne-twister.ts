/** The Mersenne Twister (MT19937), from which torch's generator on the CPU and Python's `random` draw. */
export class MersenneTwister {
  protected readonly state = new Uint32Array(624);
  private place = 624;

  /** @param seed only its lower 32 bits count */
  constructor(seed: number) {
    this.state[0] = seed;
    for (let at = 1; at < 624; at++) {
      const last = this.state[at - 1] ?? 0;
      this.state[at] = Math.imul(1812433253, last ^ (last >>> 30)) + at;
    }
  }

  /** 32 bits, unsigned. */
  protected next(): number {
    if (this.place === 624) this.twist();
    let bits = this.state[this.place++] ?? 0;
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  }

  private twist(): void {
    const { state } = this;
    for (let at = 0; at < 624; at++) {
      const mixed = ((state[at] ?? 0) & 0x80000000) | ((state[(at + 1) % 624] ?? 0) & 0x7fffffff);
      state[at] = (state[(at + 397) % 624] ?? 0) ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.place = 0;
  }
}
