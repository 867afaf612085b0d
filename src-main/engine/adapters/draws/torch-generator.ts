import { MersenneTwister } from '../../mersenne-twister.ts';

/**
 * torch's generator on the CPU and what PEFT draws from it, to the bit. Held to torch 2.13 by the golden values and by
 * test/peers.
 */
export class TorchGenerator extends MersenneTwister {
  /** @param seed of `manual_seed`; only its lower 32 bits count. Absent: that of a new `torch.Generator()`. */
  constructor(seed = 67280421310721) {
    super(seed);
  }

  /** `uniform_(from, to)` of a float32 tensor: 24 bits of each draw. */
  float32(from: number, to: number): number {
    const [low, high] = [Math.fround(from), Math.fround(to)];
    return Math.fround(((this.next() & 0xffffff) / 2 ** 24) * Math.fround(high - low) + low);
  }

  /** `uniform_(from, to)` of a bfloat16 tensor: a float32 draw, rounded; what is rounded up to `to` becomes `from`. */
  bfloat16(from: number, to: number): number {
    const drawn = toBfloat16(this.float32(from, to));
    return drawn === toBfloat16(to) ? toBfloat16(from) : drawn;
  }

  /**
   * The first `count` entries of `torch.randperm(size)`. Sizes of 2³² / 20 and more torch shuffles in another order, which would
   * take a draw an entry: for them this is a permutation of its own.
   */
  permutation(size: number, count: number): number[] {
    const moved = new Map<number, number>();
    return Array.from({ length: count }, (_, at) => {
      const other = at + (this.next() % (size - at));
      const taken = moved.get(other) ?? other;
      moved.set(other, moved.get(at) ?? at);
      return taken;
    });
  }
}

const bits = new DataView(new ArrayBuffer(4));

/** The nearest bfloat16 of a finite number, ties to even. */
export function toBfloat16(value: number): number {
  bits.setFloat32(0, value);
  const whole = bits.getUint32(0);
  bits.setUint32(0, ((whole + 0x7fff + ((whole >>> 16) & 1)) & 0xffff0000) >>> 0);
  return bits.getFloat32(0);
}
