import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { findLinear } from '../../adapters/targets/target-modules.ts';
import type { AdapterDescription } from '../../adapters/variant/state.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { headDifference } from '../checks/head-difference.ts';
import { preflightLines } from '../checks/preflight.ts';
import type { MergeData } from '../merge-data.ts';
import {
  allModules,
  isUsed,
  type LowRankUpdate,
  type MergedUpdate,
  type MergeInput,
  type MergeMethod,
  type MergeModule,
  type MergePass,
  type MergeWeight,
  type ModuleContext,
  type ModuleToMerge,
  refuseIllegal,
  sum,
  type WeightMergeMethod,
  weightAt,
} from '../merge-method.ts';
import { weightedSum } from '../spaces/weighted-sums.ts';
import { BaseWeights } from './base-weights.ts';
import { describeMerge } from './merged-adapter.ts';

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
  module(name: string, update: MergedUpdate): Promise<void>;
  savedTensor(name: string, tensor: HostTensor): Promise<void>;
}

/** The base of all adapters. Its folder is opened only if a method requests a weight. */
export interface MergeBase {
  readonly description: ModelDescription;
  /** Null where the base is not in the studio. */
  readonly directory: string | null;
}

export interface MergeRequest {
  readonly method: MergeMethod;
  readonly weights: readonly MergeWeight[];
  readonly parameters: ParameterValues;
  /** Training steps of the adapters where they are checkpoints. Default: not known. */
  readonly steps?: readonly (number | null)[];
  readonly base: MergeBase;
  /** Tuning examples, for methods that declare `needs.data`. */
  readonly data?: MergeData;
  /** Modules that the merge does not get. */
  readonly leftOut?: ReadonlySet<string>;
  /** Called after each module with the number merged; may throw to end the merge, so that nothing is written. */
  readonly onModule?: (done: number, total: number) => Promise<void>;
  /** Called in the first pass of methods that have one; may throw to end the merge. */
  readonly onPass?: MergePass['progress'];
  /** Source of random streams; by default seeded by the parameter `seed`. */
  readonly random?: (module: string) => ModuleContext['random'];
}

/** Result of a merge besides its tensors. */
export interface MergeReport {
  readonly description: AdapterDescription;
  /** Sentences of the method about the result. */
  readonly notes: readonly string[];
}

/** A merge that passed all checks. */
export interface MergePlan {
  readonly method: WeightMergeMethod;
  readonly parameters: ParameterValues;
  /**
   * Indices of the adapters with a non-zero weight. The others are ignored, so that the ends of an interpolation are
   * the adapters.
   */
  readonly used: readonly number[];
  /** The single adapter that the merge equals bit for bit: rounding would make the ends of an interpolation differ. */
  readonly alone: boolean;
  readonly modules: readonly string[];
  readonly savedNames: readonly string[];
  /** The adapters are of different tasks, whose heads have no mean: the merge gets none. */
  readonly headless: boolean;
}

/** @throws StudioError refused with the first failed check, or because outputs cannot be stored. */
export function planMerge(request: MergeRequest, inputs: readonly MergeInput[]): MergePlan {
  const { method, weights, base } = request;
  const parameters = checkedParameters(method.declaration, request.parameters);
  refuseIllegal(preflightLines(method, inputs, weights, parameters, { layerCount: base.description.layerCount }));
  if (method.makes === 'outputs')
    throw new StudioError(
      'refused',
      'An output ensemble averages predictions: there is no adapter to store.',
      'Evaluate it, or merge by ΔW average.',
    ).at('method');
  if ('mergeStates' in method) throw new Error(`${method.declaration.label} merges whole adapters`);
  if (method.needs.data && !request.data)
    throw new StudioError(
      'refused',
      `${method.declaration.label} needs examples of the adapters' datasets, and there are none here.`,
      'Choose a method that needs no data, or merge adapters whose datasets are in the library.',
    ).at('method');
  const used = inputs.map((_, place) => place).filter((place) => isUsed(weights[place] ?? 0));
  const part = used.flatMap((place) => inputs[place] ?? []);
  const only = weights[used[0] ?? 0];
  const headless = part.length > 1 && headDifference(part) !== null;
  return {
    method,
    parameters,
    used,
    alone:
      used.length === 1 &&
      method.needs.changesSingle !== true &&
      typeof only === 'number' &&
      (only === 1 || method.needs.normalized(parameters)),
    // Modules with only zero weights are unchanged.
    modules: allModules(part).filter((name) => {
      const layer = layerOf(request, name);
      if (request.leftOut?.has(name)) return false;
      if (headless && findLinear(base.description, name)?.isHead) return false;
      return used.some((place) => inputs[place]?.modules.has(name) && weightAt(weights[place] ?? 0, layer) !== 0);
    }),
    savedNames: headless ? [] : [...new Set(part.flatMap((input) => [...input.saved.keys()]))],
    headless,
  };
}

/** The update of an adapter that is merged with no other. */
const passOn: MergeModule = ([only]) => present(only);

/** Merges module by module, then the saved modules. */
export async function runMerge(
  plan: MergePlan,
  request: MergeRequest,
  workspace: MergeWorkspace,
): Promise<MergeReport> {
  const { used, method, parameters } = plan;
  const inputs = used.flatMap((place) => workspace.sources[place]?.input ?? []);
  const notes: string[] = [];
  const weights = new BaseWeights(request.base);
  try {
    const read = (name: string) => moduleToMerge(name, plan, request, workspace, weights);
    const merge = plan.alone
      ? passOn
      : 'mergeModule' in method
        ? method.mergeModule
        : await method.prepare(passOf(plan, request, read, (sentence) => notes.push(sentence)));
    const energies = new Energies();
    for (const [at, name] of plan.modules.entries()) {
      const { updates, weights: shares, context } = await read(name);
      const update = await merge(updates, shares, parameters, context);
      energies.add(name, update);
      await workspace.module(name, update);
      await request.onModule?.(at + 1, plan.modules.length);
    }
    notes.push(...energies.sentences());
  } finally {
    await weights.close();
  }
  for (const name of plan.savedNames)
    await workspace.savedTensor(name, await mergeSaved(name, plan, request, workspace));
  const [only] = inputs;
  // The update of a variant with shared tensors has been expanded to a plain LoRA.
  const description =
    plan.alone && only?.variant.shared === undefined && only ? only : describeMerge(inputs, plan.headless);
  return { description, notes };
}

async function moduleToMerge(
  name: string,
  { used, method, parameters }: MergePlan,
  request: MergeRequest,
  workspace: MergeWorkspace,
  base: BaseWeights,
): Promise<ModuleToMerge> {
  const layer = layerOf(request, name);
  const weightOf = (place: number) => weightAt(request.weights[place] ?? 0, layer);
  const having = used.filter((place) => workspace.sources[place]?.input.modules.has(name) && weightOf(place) !== 0);
  const divisor = method.needs.normalized(parameters) ? sum(used.map(weightOf)) : 1;
  const updates = await workspace.updates(name, having);
  return {
    updates: updates.map((own, index) => ({ ...own, adapter: having[index] ?? 0 })),
    weights: having.map((place) => weightOf(place) / divisor),
    context: {
      name,
      layer,
      random: request.random?.(name) ?? ((purpose) => stream(parameters, `${name}/${purpose}`)),
      steps: request.steps ?? request.weights.map(() => null),
      allocate: workspace.allocate,
      baseWeight: () => base.read(name),
    },
  };
}

function passOf(
  { modules, parameters, used }: MergePlan,
  request: MergeRequest,
  read: (name: string) => Promise<ModuleToMerge>,
  note: (sentence: string) => void,
): MergePass {
  return {
    description: request.base.description,
    parameters,
    names: modules,
    adapters: used,
    async *modules() {
      for (const name of modules) yield await read(name);
    },
    random: (purpose) => stream(parameters, purpose),
    get data() {
      return present(request.data);
    },
    note,
    progress: async (phase, done, total) => request.onPass?.(phase, done, total),
  };
}

function stream(parameters: ParameterValues, purpose: string): RandomStream {
  return RandomStream.named(Number(parameters['seed'] ?? 0), 'merge', purpose);
}

function layerOf({ base }: MergeRequest, name: string): number | null {
  return findLinear(base.description, name)?.layer ?? null;
}

function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('the method did not declare what it uses');
  return value;
}

/** Energy that modules cut to a rank have kept. */
class Energies {
  private kept = 0;
  private total = 0;
  private least = { share: Number.POSITIVE_INFINITY, name: '' };

  add(name: string, { energy }: MergedUpdate): void {
    if (!energy || energy.total === 0) return;
    this.kept += energy.kept;
    this.total += energy.total;
    const share = energy.kept / energy.total;
    if (share < this.least.share) this.least = { share, name };
  }

  sentences(): string[] {
    if (this.total === 0) return [];
    const percent = (share: number) => `${(100 * Math.min(1, share)).toFixed(1)} %`;
    return [
      `The cut to the rank keeps ${percent(this.kept / this.total)} of the energy (squared norm) of the merged ΔW; least on ${this.least.name}: ${percent(this.least.share)}.`,
    ];
  }
}

/**
 * A saved tensor (of a task head) of the merge: Σ wᵢ·headᵢ / Σ wᵢ over the adapters that saved one. Heads are full
 * weights, not differences, so their weights are always divided by their sum.
 */
async function mergeSaved(
  name: string,
  { used, alone, method, parameters }: MergePlan,
  { weights, steps = weights.map(() => null) }: MergeRequest,
  { sources }: MergeWorkspace,
): Promise<HostTensor> {
  const having = used.filter((place) => sources[place]?.input.saved.has(name));
  const tensors: HostTensor[] = [];
  for (const place of having) tensors.push(...[await sources[place]?.saved(name)].filter((tensor) => !!tensor));
  const [only] = tensors;
  if (alone && only) return only;
  const own = having.map((place) => weightAt(weights[place] ?? 0, null));
  const given = ('savedWeights' in method && method.savedWeights?.(having, own, parameters, steps)) || own;
  const total = sum(given);
  return weightedSum(
    tensors,
    given.map((weight) => weight / total),
  );
}
