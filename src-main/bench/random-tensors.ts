import { RandomStream } from '../../src-shared/random.ts';
import { elementCount, type HostTensor } from '../engine/api/base-parts.ts';

/** Seeded random tensors: the cost of a step does not depend on their values, but its loss must be finite. */
export class RandomTensors {
  private readonly random: RandomStream;

  constructor(seed: number) {
    this.random = RandomStream.seeded(seed, 'data');
  }

  /** Uniform with the given standard deviation about `mean`. */
  uniform(shape: readonly number[], deviation: number, mean = 0): HostTensor {
    const data = new Float32Array(elementCount(shape));
    const width = deviation * Math.sqrt(12);
    for (let at = 0; at < data.length; at++) data[at] = mean + (this.random.uniform() - 0.5) * width;
    return { shape, data };
  }

  /** Integers in [0, bound). */
  integers(shape: readonly number[], bound: number): { shape: readonly number[]; data: Int32Array } {
    const data = Int32Array.from({ length: elementCount(shape) }, () => this.random.integer(bound));
    return { shape, data };
  }
}
