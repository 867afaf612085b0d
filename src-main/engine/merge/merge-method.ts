import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation.ts';
import type { Declaration, ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { AdapterDescription, ModuleState } from '../adapters/state.ts';
import type { AdapterVariant, HostModule, LowRankUpdate as Product } from '../adapters/variant.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';

interface Shaped {
  readonly shape: readonly number[];
}

/** What checks of a merge look at: an adapter in memory, or the outline of one whose tensors stand in their file. */
export interface MergeInput extends AdapterDescription {
  readonly modules: ReadonlyMap<string, ModuleState<Shaped>>;
  readonly saved: ReadonlyMap<string, Shaped>;
  readonly biases: ReadonlyMap<string, unknown>;
}

/** ΔW = scaling · B · A of one module. */
export interface LowRankUpdate extends Product {
  readonly rank: number;
}

/** The update of a module by an adapter of a variant that has one. `adapted` holds the tensors that it shares, too. */
export function updateOf({ lowRank, declaration }: AdapterVariant, adapted: HostModule): LowRankUpdate {
  if (lowRank === null) throw new Error(`${declaration.label} was not refused`);
  const product = lowRank(adapted);
  return { ...product, rank: product.a.shape[0] ?? 0 };
}

/** One adapter's update of a module. */
export interface AdapterUpdate extends LowRankUpdate {
  /** The adapter's place in the request. */
  readonly adapter: number;
}

/** Where a method that draws gets its numbers from: uniform in [0, 1). */
export interface Draws {
  uniform(): number;
}

/** The module being merged, and what a method may ask for beside the updates. */
export interface ModuleContext {
  readonly name: string;
  /** Null outside the layers. */
  readonly layer: number | null;
  /** Draws of this module for one purpose, such as the mask of A of adapter 2: always the same for one `seed` parameter. */
  random(purpose: string): Draws;
  /** Memory for a result; it is used again once the result was written. Values are whatever was there. */
  allocate(length: number): Float32Array;
  /** The base's own weight [outFeatures, inFeatures], read when it is asked for. */
  baseWeight(): Promise<HostTensor>;
}

/** What a method takes. Preflight warns or refuses by it. */
export interface MergeNeeds {
  readonly equalRanks: boolean;
  readonly equalTargets: boolean;
  readonly negativeWeights: boolean;
  /** The weights are divided by their sum, which must not be zero; may depend on a parameter. */
  normalized(parameters: ParameterValues): boolean;
}

/** One way to make one adapter, or one prediction, of several: one file and one line of the list. */
export type MergeMethod = WeightMergeMethod | OutputMergeMethod;

/** Makes an adapter of adapters that are B·A alone, module by module. */
export interface WeightMergeMethod {
  readonly declaration: Declaration;
  readonly makes: 'adapter';
  readonly needs: MergeNeeds;
  /**
   * The merged update of one module. `updates` are those of the adapters that have the module and a weight other than zero, in
   * the order of the request; their tensors are valid until the result is there, and are not changed. `weights` stand in the
   * order of `updates`, and add up to 1 over all adapters where `needs.normalized`.
   */
  mergeModule(
    updates: readonly AdapterUpdate[],
    weights: readonly number[],
    parameters: ParameterValues,
    context: ModuleContext,
  ): LowRankUpdate | Promise<LowRankUpdate>;
}

/** Averages what several forward passes say; there is nothing to store. */
export interface OutputMergeMethod {
  readonly declaration: Declaration;
  readonly makes: 'outputs';
  readonly needs: MergeNeeds;
}

/** @throws StudioError refused with the message of the first refused line, if there is one. */
export function refuseIllegal(lines: readonly PreflightLine[]): void {
  const refused = lines.find((line) => line.verdict === 'refused');
  if (refused) throw new StudioError('refused', refused.message, refused.remedy);
}

/** Names of all modules that any of the adapters has, in the order of first occurrence. */
export function allModules(inputs: readonly Pick<MergeInput, 'modules'>[]): string[] {
  return [...new Set(inputs.flatMap((input) => [...input.modules.keys()]))];
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
