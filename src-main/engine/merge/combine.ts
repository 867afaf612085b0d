import type { AdapterConfig } from '../../../src-shared/domain/adapter.ts';
import type { AdapterState, ModuleFactors } from '../adapters/state.ts';
import { lastName } from '../adapters/target-modules.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { sum } from './merge-method.ts';

/** Σ coefficientᵢ · tensorᵢ, summed in double precision and rounded to float32 once. All of one shape. */
export function weightedSum(tensors: readonly HostTensor[], coefficients: readonly number[]): HostTensor {
  const shape = tensors[0]?.shape ?? [];
  const totals = new Float64Array(tensors[0]?.data.length ?? 0);
  tensors.forEach((tensor, index) => {
    const coefficient = coefficients[index] ?? 0;
    for (let at = 0; at < totals.length; at++) totals[at] = (totals[at] ?? 0) + coefficient * (tensor.data[at] ?? 0);
  });
  return { shape, data: Float32Array.from(totals) };
}

/** Names of all modules that any of the adapters has, in the order of first occurrence. */
export function allModules(states: readonly AdapterState[]): string[] {
  return [...new Set(states.flatMap((state) => [...state.modules.keys()]))];
}

/**
 * Saved tensors (task heads) of the merge: Σ wᵢ·headᵢ / Σ wᵢ over the adapters that saved one. Heads are whole weights, not
 * differences, so their weights are always divided by their sum.
 */
export function mergeSaved(states: readonly AdapterState[], weights: readonly number[]): Map<string, HostTensor> {
  const names = new Set(states.flatMap((state) => [...state.saved.keys()]));
  const merged = new Map<string, HostTensor>();
  for (const name of names) {
    const having = states.flatMap((state, index) => {
      const tensor = state.saved.get(name);
      return tensor === undefined ? [] : [{ tensor, weight: weights[index] ?? 0 }];
    });
    const total = sum(having.map((entry) => entry.weight));
    merged.set(
      name,
      weightedSum(
        having.map((entry) => entry.tensor),
        having.map((entry) => entry.weight / total),
      ),
    );
  }
  return merged;
}

/** The merged adapter around its factors: config, schedule and labels from the inputs. */
export function assembleMerge(
  states: readonly AdapterState[],
  weights: readonly number[],
  modules: ReadonlyMap<string, ModuleFactors>,
): AdapterState {
  const [first] = states;
  if (first === undefined) throw new RangeError('A merge needs at least one adapter.');
  return {
    config: mergedConfig(first.config, states, modules),
    // A mark that the schedule was used holds for the merge only if it holds for every part.
    coto: states.every((state) => state.coto !== null) ? first.coto : null,
    modules,
    saved: mergeSaved(states, weights),
    biases: new Map(),
    labels: states.find((state) => state.labels !== null)?.labels ?? null,
  };
}

/**
 * use_rslora is dropped, since the scaling is said by lora_alpha / r here (PEFT keeps it, and its merge of rsLoRA adapters
 * comes out √r too strong). Ranks and alphas that differ from the most frequent are said by full name.
 */
function mergedConfig(
  first: AdapterConfig,
  states: readonly AdapterState[],
  modules: ReadonlyMap<string, ModuleFactors>,
): AdapterConfig {
  const factors = [...modules];
  const r = mostFrequent(factors.map(([, { rank }]) => rank)) ?? first.r;
  const alpha = mostFrequent(factors.map(([, { rank, scaling }]) => rank * scaling)) ?? first.lora_alpha;
  const sameTargets = states.every(
    (state) => state.modules.size === modules.size && [...state.modules.keys()].every((name) => modules.has(name)),
  );
  const saved = [...new Set(states.flatMap((state) => state.config.modules_to_save ?? []))];
  return {
    ...first,
    ...(sameTargets
      ? {}
      : {
          target_modules: [...new Set(factors.map(([name]) => lastName(name)))].sort(),
          exclude_modules: null,
          layers_to_transform: null,
          layers_pattern: null,
        }),
    use_rslora: false,
    r,
    lora_alpha: alpha,
    rank_pattern: Object.fromEntries(factors.filter(([, m]) => m.rank !== r).map(([name, m]) => [name, m.rank])),
    alpha_pattern: Object.fromEntries(
      factors.filter(([, m]) => m.rank * m.scaling !== alpha).map(([name, m]) => [name, m.rank * m.scaling]),
    ),
    modules_to_save: saved.length > 0 ? saved : null,
  };
}

function mostFrequent(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1])[0]?.[0];
}
