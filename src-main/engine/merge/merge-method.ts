import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation.ts';
import type { Declaration, ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { AdapterDescription, ModuleState } from '../adapters/state.ts';
import type { AdapterVariant, HostModule, LowRankUpdate as Product } from '../adapters/variant.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';

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
export function updateOf({ lowRank, declaration }: AdapterVariant, adapted: HostModule): LowRankUpdate {
  if (lowRank === null) throw new Error(`${declaration.label} was not refused`);
  const product = lowRank(adapted);
  return { ...product, rank: product.a.shape[0] ?? 0 };
}

/** One adapter's update of a module. */
export interface AdapterUpdate extends LowRankUpdate {
  /** Index of the adapter in the request. */
  readonly adapter: number;
}

/** Source of random numbers, uniform in [0, 1). */
export interface Draws {
  uniform(): number;
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
}

/** A method that merges several adapters, or their predictions: one file and one line of the list. */
export type MergeMethod = WeightMergeMethod | OutputMergeMethod;

/** Merges adapters that are pure B·A, module by module. */
export interface WeightMergeMethod {
  readonly declaration: Declaration;
  readonly makes: 'adapter';
  readonly needs: MergeNeeds;
  /**
   * The merged update of one module. `updates` are those of the adapters that have the module and a weight other than
   * zero, in the order of the request; their tensors are valid until the result is returned, and must not be changed.
   * `weights` are in the order of `updates`, and sum to 1 over all adapters if `needs.normalized`.
   */
  mergeModule(
    updates: readonly AdapterUpdate[],
    weights: readonly number[],
    parameters: ParameterValues,
    context: ModuleContext,
  ): LowRankUpdate | Promise<LowRankUpdate>;
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
