import { RandomStream } from '../../../../src-shared/random.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { AdapterState, ModuleState } from '../variant/state.ts';

/**
 * The adapter with each weight of its modules moved by one unit in the last place of float32, up or down as `repeat` draws:
 * a change of the size of a rounding error. Zeros stay, and so do shared tensors and saved modules.
 */
export function nudged(state: AdapterState, repeat: number): AdapterState {
  const modules = new Map<string, ModuleState>();
  for (const [name, module] of state.modules) {
    const tensors = [...module.tensors].map(([part, tensor]) => {
      const random = RandomStream.named(repeat, 'initialization', `rounding/${name}/${part}`);
      return [part, nudgedTensor(tensor, random)] as const;
    });
    modules.set(name, { ...module, tensors: new Map(tensors) });
  }
  return { ...state, modules };
}

function nudgedTensor({ shape, data }: HostTensor, random: RandomStream): HostTensor {
  if (!(data instanceof Float32Array)) return { shape, data };
  const values = Float32Array.from(data);
  // The next float of a number has the next integer as its bits.
  const bits = new Int32Array(values.buffer);
  for (const [at, value] of data.entries())
    if (value !== 0) bits[at] = (bits[at] ?? 0) + (random.integer(2) === 0 ? -1 : 1);
  return { shape, data: values };
}
