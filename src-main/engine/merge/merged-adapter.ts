import type { AdapterConfig } from '../../../src-shared/domain/adapter.ts';
import { lastName } from '../adapters/target-modules.ts';
import type { MergeInput } from './merge-method.ts';

type Factors = Readonly<{ rank: number; scaling: number }>;

/** What a merge is beside its tensors: config, schedule and labels from the inputs. */
export function describeMerge(
  inputs: readonly MergeInput[],
  modules: ReadonlyMap<string, Factors>,
): Pick<MergeInput, 'config' | 'coto' | 'labels'> {
  const [first] = inputs;
  if (first === undefined) throw new RangeError('A merge needs at least one adapter.');
  return {
    config: mergedConfig(first.config, inputs, modules),
    // A mark that the schedule was used holds for the merge only if it holds for every part.
    coto: inputs.every((input) => input.coto !== null) ? first.coto : null,
    labels: inputs.find((input) => input.labels !== null)?.labels ?? null,
  };
}

/**
 * use_rslora is dropped, since the scaling is said by lora_alpha / r here (PEFT keeps it, and its merge of rsLoRA adapters
 * comes out √r too strong). Ranks and alphas that differ from the most frequent are said by full name.
 */
function mergedConfig(
  first: AdapterConfig,
  inputs: readonly MergeInput[],
  modules: ReadonlyMap<string, Factors>,
): AdapterConfig {
  const factors = [...modules];
  const r = mostFrequent(factors.map(([, { rank }]) => rank)) ?? first.r;
  const alpha = mostFrequent(factors.map(([, { rank, scaling }]) => rank * scaling)) ?? first.lora_alpha;
  const sameTargets = inputs.every(
    (input) => input.modules.size === modules.size && [...input.modules.keys()].every((name) => modules.has(name)),
  );
  const saved = [...new Set(inputs.flatMap((input) => input.config.modules_to_save ?? []))];
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
