import type { RandomStream } from '../../../../src-shared/random.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';

/**
 * torch's kaiming_uniform_ with a = √5, as PEFT starts most factors: uniform within ±1/√fanIn, where `fanIn` is the second size
 * of the shape unless torch draws another one and turns it.
 */
export function kaimingUniform(
  shape: readonly number[],
  random: RandomStream,
  fanIn: number = shape[1] ?? 1,
): HostTensor {
  const bound = 1 / Math.sqrt(fanIn);
  const draw = () => (2 * random.uniform() - 1) * bound;
  return { shape, data: Float32Array.from({ length: elementCount(shape) }, draw) };
}

export function zeros(shape: readonly number[]): HostTensor {
  return { shape, data: new Float32Array(elementCount(shape)) };
}
