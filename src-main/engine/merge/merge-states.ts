import type { AdapterState } from '../adapters/state.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import type { LowRankUpdate } from './merge-method.ts';
import { type MergeRequest, planMerge, runMerge } from './run-merge.ts';

/**
 * Merges adapters that are in memory, as studies do. The states are not changed; tensors may be shared with them.
 * @throws StudioError refused with the first check that does not pass, or because outputs cannot be stored.
 */
export async function mergeStates(request: MergeRequest, states: readonly AdapterState[]): Promise<AdapterState> {
  const plan = planMerge(request, states);
  const modules = new Map<string, LowRankUpdate>();
  const saved = new Map<string, HostTensor>();
  const described = await runMerge(plan, request, {
    sources: states.map((input) => ({ input, saved: async (name) => required(input.saved.get(name), name) })),
    updates: async (name, places) => places.map((place) => required(states[place]?.modules.get(name), name)),
    allocate: (length) => new Float32Array(length),
    module: async (name, update) => void modules.set(name, update),
    savedTensor: async (name, tensor) => void saved.set(name, tensor),
  });
  const { config, coto, labels } = described;
  return { config, coto, labels, modules, saved, biases: new Map() };
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`an adapter to merge lacks ${name}`);
  return value;
}
