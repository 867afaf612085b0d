import { findLinear } from '../../adapters/targets/target-modules.ts';
import type { AdapterState, ModuleState } from '../../adapters/variant/state.ts';
import { withShared } from '../../adapters/variant/variant.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { type LowRankUpdate, updateOf } from '../merge-method.ts';
import { type MergeRequest, planMerge, runMerge } from './run-merge.ts';
import { fromProducts, mergeParameters, productsOf, wholeMergeOf } from './whole-states.ts';

/**
 * Merges adapters in memory, for studies. The states are not changed; tensors may be shared with them.
 * @throws StudioError refused with the first failed check, or because outputs cannot be stored.
 */
export async function mergeStates(request: MergeRequest, states: readonly AdapterState[]): Promise<AdapterState> {
  const { method } = request;
  if ('mergeStates' in method) return mergeParameters(method, request, states);
  const [first] = states;
  if (wholeMergeOf(method, states) === 'products' && first)
    return fromProducts(await mergeStates(request, states.map(productsOf)), first);
  const plan = planMerge(request, states);
  const modules = new Map<string, ModuleState>();
  const saved = new Map<string, HostTensor>();
  const { description } = await runMerge(plan, request, {
    sources: states.map((input) => ({ input, saved: async (name) => required(input.saved.get(name), name) })),
    updates: async (name, places) => places.map((place) => update(request, required(states[place], name), name)),
    allocate: (length) => new Float32Array(length),
    module: async (name, { a, b, rank, scaling }) => {
      const tensors = new Map([
        ['a', a],
        ['b', b],
      ]);
      modules.set(name, { rank, scaling, tensors });
    },
    savedTensor: async (name, tensor) => void saved.set(name, tensor),
  });
  const { variant, parameters, config, coto, labels } = description;
  return { variant, parameters, config, coto, labels, modules, shared: new Map(), saved, biases: new Map() };
}

function update({ base }: MergeRequest, state: AdapterState, name: string): LowRankUpdate {
  const module = required(findLinear(base.description, name) ?? undefined, name);
  const own = required(state.modules.get(name), name);
  return updateOf(state.variant, withShared(module, own, state));
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`an adapter to merge lacks ${name}`);
  return value;
}
