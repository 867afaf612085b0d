import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** The streams of a run. Each is seeded by itself, so that drawing more from one never shifts another. */
export type StreamName =
  | 'initialization'
  | 'calibration'
  | 'data'
  | 'coto'
  | 'dropout'
  | 'subset'
  | 'study'
  | 'generation'
  | 'merge'
  | 'augmentation'
  | 'perturbation'
  | 'routing';

/** Numbers in the state of a stream. */
export const randomStateLength = 4;

/** A seeded stream of random numbers whose state can be saved and restored. */
export class RandomStream {
  private generator: RandomGenerator;

  private constructor(generator: RandomGenerator) {
    this.generator = generator;
  }

  static seeded(seed: number, stream: StreamName): RandomStream {
    return new RandomStream(xoroshiro128plus(mixSeed(seed, stream)));
  }

  /** A stream for item `place` of a sequence, so that each item can be redrawn without the ones before it. */
  static numbered(seed: number, stream: StreamName, place: number): RandomStream {
    return RandomStream.named(seed, stream, String(place));
  }

  /** Like `numbered`, for named items. */
  static named(seed: number, stream: StreamName, name: string): RandomStream {
    const made = new RandomStream(xoroshiro128plus(mixSeed(seed, `${stream}/${name}`)));
    // The first draws of seeds that differ in few bits resemble each other.
    for (let draw = 0; draw < 4; draw++) made.uniform();
    return made;
  }

  static restored(state: readonly number[]): RandomStream {
    return new RandomStream(xoroshiro128plusFromState(state));
  }

  state(): readonly number[] {
    return this.generator.getState();
  }

  /** Goes back to a state of this stream. */
  rewind(state: readonly number[]): void {
    this.generator = xoroshiro128plusFromState(state);
  }

  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number {
    return uniformFloat64(this.generator);
  }

  /** Uniform integer in [0, bound). */
  integer(bound: number): number {
    return Math.min(bound - 1, Math.floor(this.uniform() * bound));
  }

  /**
   * Standard normal by the Box-Muller transform; the second value is discarded so that the state alone determines the
   * next draw.
   */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** In-place Fisher-Yates shuffle. */
  shuffle<T>(items: T[]): T[] {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const swapped = items[last] as T;
      items[last] = items[other] as T;
      items[other] = swapped;
    }
    return items;
  }
}

/** FNV-1a over the seed and the name of the stream: 32 bits. */
function mixSeed(seed: number, stream: string): number {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${stream}`) {
    hash ^= character.charCodeAt(0);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash | 0;
}
