import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import type { AdapterDescription } from '../adapters/state.ts';
import { findLinear } from '../adapters/target-modules.ts';
import { checkedParameters } from '../checked-parameters.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { BaseWeights } from './base-weights.ts';
import {
  allModules,
  type LowRankUpdate,
  type MergeInput,
  type MergeMethod,
  type ModuleContext,
  refuseIllegal,
  sum,
  type WeightMergeMethod,
} from './merge-method.ts';
import { describeMerge } from './merged-adapter.ts';
import { preflightLines } from './preflight.ts';
import { weightedSum } from './weighted-sum.ts';

/** An adapter to merge, in memory or in its file. Tensors are valid until the next module is requested. */
export interface MergeSource {
  readonly input: MergeInput;
  saved(name: string): Promise<HostTensor>;
}

/** Reads one module of all adapters that have it, and stores their merge. */
export interface MergeWorkspace {
  readonly sources: readonly MergeSource[];
  /** The updates of a module by the sources at the indices `places`, in that order. */
  updates(name: string, places: readonly number[]): Promise<LowRankUpdate[]>;
  allocate(length: number): Float32Array;
  module(name: string, update: LowRankUpdate): Promise<void>;
  savedTensor(name: string, tensor: HostTensor): Promise<void>;
}

/** The base of all adapters. Its folder is opened only if a method requests a weight. */
export interface MergeBase {
  readonly description: ModelDescription;
  readonly directory: string;
}

export interface MergeRequest {
  readonly method: MergeMethod;
  readonly weights: readonly number[];
  readonly parameters: ParameterValues;
  readonly base: MergeBase;
  /** Called after each module with the number merged; may throw to end the merge, so that nothing is written. */
  readonly onModule?: (done: number, total: number) => Promise<void>;
  /** Source of random streams; by default seeded by the parameter `seed`. */
  readonly random?: (module: string) => ModuleContext['random'];
}

/** A merge that passed all checks. */
export interface MergePlan {
  readonly method: WeightMergeMethod;
  readonly parameters: ParameterValues;
  /**
   * Indices of the adapters with non-zero weight. The others are ignored, so that the ends of an interpolation are the
   * adapters.
   */
  readonly used: readonly number[];
  /** The single adapter that the merge equals bit for bit: rounding would make the ends of an interpolation differ. */
  readonly alone: boolean;
  readonly modules: readonly string[];
  readonly savedNames: readonly string[];
}

/** @throws StudioError refused with the first failed check, or because outputs cannot be stored. */
export function planMerge(
  request: Pick<MergeRequest, 'method' | 'weights' | 'parameters'>,
  inputs: readonly MergeInput[],
): MergePlan {
  const { method, weights } = request;
  const parameters = checkedParameters(method.declaration, request.parameters);
  refuseIllegal(preflightLines(method, inputs, weights, parameters));
  if (method.makes === 'outputs')
    throw new StudioError(
      'refused',
      'An output ensemble averages predictions: there is no adapter to store.',
      'Evaluate it, or merge by ΔW average.',
    );
  const used = inputs.map((_, place) => place).filter((place) => weights[place] !== 0);
  const part = used.flatMap((place) => inputs[place] ?? []);
  return {
    method,
    parameters,
    used,
    alone: used.length === 1 && (weights[used[0] ?? 0] === 1 || method.needs.normalized(parameters)),
    modules: allModules(part),
    savedNames: [...new Set(part.flatMap((input) => [...input.saved.keys()]))],
  };
}

/** Merges module by module, then the saved modules, and returns the merge's config. */
export async function runMerge(
  plan: MergePlan,
  request: MergeRequest,
  workspace: MergeWorkspace,
): Promise<AdapterDescription> {
  const { used, method, parameters } = plan;
  const inputs = used.flatMap((place) => workspace.sources[place]?.input ?? []);
  const weightOf = (place: number) => request.weights[place] ?? 0;
  const divisor = method.needs.normalized(parameters) ? sum(used.map(weightOf)) : 1;
  const weights = new BaseWeights(request.base);
  try {
    for (const [at, name] of plan.modules.entries()) {
      const having = used.filter((place) => workspace.sources[place]?.input.modules.has(name));
      const updates = await workspace.updates(name, having);
      const [only] = updates;
      const update =
        plan.alone && only
          ? only
          : await method.mergeModule(
              updates.map((own, index) => ({ ...own, adapter: having[index] ?? 0 })),
              having.map((place) => weightOf(place) / divisor),
              parameters,
              {
                ...drawsAndPlace(request, parameters, name),
                allocate: workspace.allocate,
                baseWeight: () => weights.read(name),
              },
            );
      await workspace.module(name, update);
      await request.onModule?.(at + 1, plan.modules.length);
    }
  } finally {
    await weights.close();
  }
  for (const name of plan.savedNames)
    await workspace.savedTensor(name, await mergeSaved(name, plan, request, workspace));
  const [only] = inputs;
  // The update of a variant with shared tensors has been expanded to a plain LoRA.
  return plan.alone && only?.variant.shared === undefined && only ? only : describeMerge(inputs);
}

/**
 * A saved tensor (of a task head) of the merge: Σ wᵢ·headᵢ / Σ wᵢ over the adapters that saved one. Heads are full
 * weights, not differences, so their weights are always divided by their sum.
 */
async function mergeSaved(
  name: string,
  { used, alone }: MergePlan,
  { weights }: MergeRequest,
  { sources }: MergeWorkspace,
): Promise<HostTensor> {
  const having = used.filter((place) => sources[place]?.input.saved.has(name));
  const tensors: HostTensor[] = [];
  for (const place of having) tensors.push(...[await sources[place]?.saved(name)].filter((tensor) => !!tensor));
  const [only] = tensors;
  if (alone && only) return only;
  const total = sum(having.map((place) => weights[place] ?? 0));
  return weightedSum(
    tensors,
    having.map((place) => (weights[place] ?? 0) / total),
  );
}

function drawsAndPlace(
  { base, random }: MergeRequest,
  parameters: ParameterValues,
  name: string,
): Pick<ModuleContext, 'name' | 'layer' | 'random'> {
  const seed = Number(parameters['seed'] ?? 0);
  return {
    name,
    layer: findLinear(base.description, name)?.layer ?? null,
    random: random?.(name) ?? ((purpose) => RandomStream.named(seed, 'merge', `${name}/${purpose}`)),
  };
}
