import type { HostTensor } from '../tensors/host-tensor.ts';
import type { AdapterState, ModuleState } from './state.ts';

/** An AdaLoRA of fewer triplets, with the lists of PEFT's rank_pattern. @param left by module, of each triplet whether it stays. */
export function keptTriplets(state: AdapterState, left: ReadonlyMap<string, readonly boolean[]>): AdapterState {
  const modules = new Map<string, ModuleState>();
  const lists: Record<string, boolean[]> = {};
  const counts: Record<string, number> = {};
  for (const [name, module] of state.modules) {
    const triplets = left.get(name) ?? [];
    const places = triplets.flatMap((stays, at) => (stays ? [at] : []));
    const tensors = new Map<string, HostTensor>();
    for (const [part, tensor] of module.tensors)
      tensors.set(part, part === 'b' ? columns(tensor, places) : rows(tensor, places));
    modules.set(name, { ...module, rank: places.length, tensors });
    lists[`${name}.lora_E`] = [...triplets];
    counts[name] = places.length;
  }
  return {
    ...state,
    modules,
    parameters: { ...state.parameters, rank_pattern: counts },
    config: { ...state.config, rank_pattern: lists },
  };
}

function rows({ shape, data }: HostTensor, places: readonly number[]): HostTensor {
  const width = shape[1] ?? 0;
  const values = new Float32Array(places.length * width);
  places.forEach((place, row) => {
    values.set(data.slice(place * width, (place + 1) * width), row * width);
  });
  return { shape: [places.length, width], data: values };
}

function columns({ shape, data }: HostTensor, places: readonly number[]): HostTensor {
  const [height = 0, width = 0] = shape;
  const values = Float32Array.from(
    { length: height * places.length },
    (_, at) => data[Math.floor(at / places.length) * width + (places[at % places.length] ?? 0)] ?? 0,
  );
  return { shape: [height, places.length], data: values };
}
