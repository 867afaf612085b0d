import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { type MergeWeight, weightAt } from '../../../src-shared/domain/merging/merge.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { Declaration, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { AdapterDescription, AdapterState, ModuleState } from '../adapters/variant/state.ts';
import type { AdapterVariant, HostModule, LowRankUpdate as Product } from '../adapters/variant/variant.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import type { MergeData } from './merge-data.ts';

export { type MergeWeight, weightAt };

interface Shaped {
  readonly shape: readonly number[];
}

/** Input of the merge checks: an adapter in memory, or the outline of an adapter on disk. */
export interface MergeInput extends AdapterDescription {
  readonly modules: ReadonlyMap<string, ModuleState<Shaped>>;
  readonly saved: ReadonlyMap<string, Shaped>;
  readonly biases: ReadonlyMap<string, unknown>;
}

/** ΔW = scaling · B · A of one module. */
export interface LowRankUpdate extends Product {
  readonly rank: number;
}

/** The low-rank update of a module. `adapted` includes the shared tensors. */
export function updateOf({ product: { lowRank }, declaration }: AdapterVariant, adapted: HostModule): LowRankUpdate {
  if (lowRank === null) throw new Error(`${declaration.label} was not refused`);
  const product = lowRank(adapted);
  return { ...product, rank: product.a.shape[0] ?? 0 };
}

/** The merged update of a module. */
export interface MergedUpdate extends LowRankUpdate {
  /** Effect of truncating to a rank: the squared Frobenius norm of ΔW after and before. */
  readonly energy?: { readonly kept: number; readonly total: number };
  /** Factors that hold finite numbers only, since those of the inputs do. Default: both are looked at. */
  readonly finite?: Readonly<Record<'a' | 'b', boolean>>;
}

/** Returns true if a weight is nonzero in any layer. */
export function isUsed(weight: MergeWeight): boolean {
  return [weight].flat().some((value) => value !== 0);
}

/** One adapter's update of a module. */
export interface AdapterUpdate extends LowRankUpdate {
  /** Index of the adapter in the request. */
  readonly adapter: number;
}

/** Source of random numbers. */
export interface Draws {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

/** The module being merged, and further inputs of a method. */
export interface ModuleContext {
  readonly name: string;
  /** Null outside the layers. */
  readonly layer: number | null;
  /**
   * Random stream of this module for one purpose, such as the mask of A of adapter 2; determined by the parameter
   * `seed`.
   */
  random(purpose: string): Draws;
  /** Training steps of the adapters of the request where they are checkpoints, by index; null: not known. */
  readonly steps: readonly (number | null)[];
  /** Allocates uninitialized memory for a result; it is reused once the result is written. */
  allocate(length: number): Float32Array;
  /** The base's weight [outFeatures, inFeatures], read on demand. */
  baseWeight(): Promise<HostTensor>;
}

/** Requirements of a method, checked by the preflight. */
export interface MergeNeeds {
  readonly equalRanks: boolean;
  readonly equalTargets: boolean;
  readonly negativeWeights: boolean;
  /** The weights are divided by their sum, which must not be zero; may depend on a parameter. */
  normalized(parameters: ParameterValues): boolean;
  /** Fewest and most adapters. Default: one or more. */
  readonly adapters?: { readonly minimum?: number; readonly maximum?: number };
  /** A single adapter of weight 1 is merged like any other, not passed on bit for bit: it is changed by the method. */
  readonly changesSingle?: boolean;
  /** Adapters of one variant with equal shapes are merged as they are, into one of that variant. */
  readonly oneVariant?: boolean;
  /** A linear combination of ΔW: variants whose ΔW is linear in a product of factors may be merged by that product. */
  readonly linearInUpdates?: boolean;
  /** Weights other than zero make no difference: the method finds its own. */
  readonly ignoresWeights?: boolean;
  /** A further check, or a remark on what the method is not; `weights` has one entry for each adapter. */
  check?(parameters: ParameterValues, weights: readonly MergeWeight[]): PreflightLine | null;
  /** Part of `MergeData` that the method uses, which is then available. Default: none. */
  readonly data?: 'inputs' | 'loss' | 'score';
}

/** Needs of a method that takes adapters of any ranks and targets, with any weights. */
export const anyAdapters = {
  equalRanks: false,
  equalTargets: false,
  negativeWeights: true,
  normalized: () => false,
} satisfies MergeNeeds;

/** A method that merges several adapters, or their predictions: one file and one line of the list. */
export type MergeMethod = WeightMergeMethod | StateMergeMethod | OutputMergeMethod;

/**
 * The merged update of one module. `updates` are those of the adapters that have the module and a weight other than
 * zero there, in the order of the request; their tensors are valid until the result is returned, and must not be
 * changed. `weights` are in the order of `updates`, and sum to 1 over all adapters if `needs.normalized`.
 */
export type MergeModule = (
  updates: readonly AdapterUpdate[],
  weights: readonly number[],
  parameters: ParameterValues,
  context: ModuleContext,
) => MergedUpdate | Promise<MergedUpdate>;

/** Merges adapters that are pure B·A. */
export type WeightMergeMethod = ModuleMergeMethod | AdapterMergeMethod;

/** Merges module by module. */
export interface ModuleMergeMethod {
  readonly declaration: Declaration;
  readonly makes: 'adapter';
  readonly needs: MergeNeeds;
  readonly mergeModule: MergeModule;
  /**
   * Weights of task heads and other tensors that are saved whole, if they are not the adapters' own; `adapters` are
   * the indices of those that have one.
   */
  savedWeights?(
    adapters: readonly number[],
    weights: readonly number[],
    parameters: ParameterValues,
    steps: readonly (number | null)[],
  ): readonly number[];
}

/** Looks at all modules, or at data, before it merges module by module. */
export interface AdapterMergeMethod {
  readonly declaration: Declaration;
  readonly makes: 'adapter';
  readonly needs: MergeNeeds;
  /** The merge of a module, which closes over what was found in the first pass. */
  prepare(pass: MergePass): Promise<MergeModule>;
}

/** Arguments of `MergeModule` for one module. */
export interface ModuleToMerge {
  readonly updates: readonly AdapterUpdate[];
  readonly weights: readonly number[];
  readonly context: ModuleContext;
}

/** All modules before they are merged. */
export interface MergePass {
  readonly description: ModelDescription;
  readonly parameters: ParameterValues;
  /** Names of the modules to merge, in the order of `modules()`. */
  readonly names: readonly string[];
  /** Indices of the adapters with a weight other than zero, in the order of the request. */
  readonly adapters: readonly number[];
  /**
   * Reads module after module; each call reads the files again. Tensors are valid until the next module: copy what is kept.
   */
  modules(): AsyncIterable<ModuleToMerge>;
  /** Random stream of the whole merge for one purpose, determined by the parameter `seed`. */
  random(purpose: string): Draws;
  /** @throws Error where the method does not declare `needs.data` */
  readonly data: MergeData;
  /** A sentence for the result, such as the weights that were found. */
  note(sentence: string): void;
  /** Reports progress of the first pass; may throw to end the merge. */
  progress(phase: string, done: number, total: number): Promise<void>;
}

/**
 * Merges adapters of one variant as they are, tensor by tensor, whatever the variant. They are in memory as a whole:
 * what they share is compared.
 */
export interface StateMergeMethod {
  readonly declaration: Declaration;
  readonly makes: 'adapter';
  readonly needs: MergeNeeds & { readonly oneVariant: true };
  /**
   * The merge of adapters of one variant, all of a weight other than zero.
   * @param weightsIn the weights in a layer (null: outside the layers), which sum to 1
   * @throws StudioError refused for tensors that have no average
   */
  mergeStates(
    states: readonly AdapterState[],
    weightsIn: (layer: number | null) => readonly number[],
    description: ModelDescription,
  ): Pick<AdapterState, 'modules' | 'shared' | 'biases'>;
}

/** Averages the outputs of several forward passes; there is nothing to store. */
export interface OutputMergeMethod {
  readonly declaration: Declaration;
  readonly makes: 'outputs';
  readonly needs: MergeNeeds;
}

/** @throws StudioError refused with the message of the first refused line, if any */
export function refuseIllegal(lines: readonly PreflightLine[]): void {
  const refused = lines.find((line) => line.verdict === 'refused');
  if (refused) throw new StudioError('refused', refused.message, refused.remedy);
}

/** Union of the adapters' module names, in the order of first occurrence. */
export function allModules(inputs: readonly Pick<MergeInput, 'modules'>[]): string[] {
  return [...new Set(inputs.flatMap((input) => [...input.modules.keys()]))];
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
