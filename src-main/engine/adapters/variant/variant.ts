import type * as tf from '@tensorflow/tfjs-core';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { Declaration, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { RandomStream } from '../../../../src-shared/random.ts';
import type { FrozenWeight } from '../../ops/linear/frozen-weight.ts';
import type { LoraLinearOptions } from '../../ops/linear/lora-linear.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { Factors, Initialization } from '../initializations/initialization.ts';
import type { VariantTraining } from './variant-training.ts';

/** One tensor of an adapted module, or of the whole adapter. */
export interface TensorPart {
  /** The variant's own name of it, e.g. `a`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** True for trained tensors, which are float32; others may also have int32 values, such as indices. */
  readonly trainable: boolean;
}

/** Strength of one module's adapter, after patterns by name. */
export interface ModuleStrength {
  /** Null where the variant has no rank. */
  readonly rank: number | null;
  /** The factor in front of the update; 1 where the variant has none. */
  readonly scaling: number;
}

/** Settings that determine the tensors of a module. */
export interface ModuleSettings {
  readonly rank: number | null;
  readonly parameters: ParameterValues;
}

/** One adapted module with its tensors by the names of their parts, those that the whole adapter shares among them. */
export interface ModuleTensors<T> extends ModuleStrength {
  readonly module: LinearModule;
  /** The settings of the whole adapter. */
  readonly parameters: ParameterValues;
  readonly tensors: ReadonlyMap<string, T>;
}
export type HostModule = ModuleTensors<HostTensor>;
export type DeviceModule = ModuleTensors<tf.Variable>;

/** ΔW = scaling · B · A */
export interface LowRankUpdate {
  /** [rank, inFeatures] */
  readonly a: HostTensor;
  /** [outFeatures, rank] */
  readonly b: HostTensor;
  readonly scaling: number;
}

/** The variant in the files of PEFT. */
export interface PeftFormat {
  /** `peft_type` */
  readonly type: string;
  /** Keys of adapter_config.json that are this variant's own; what they say is in the parameters. */
  readonly ownKeys: readonly string[];
  /** Keys about targets and biases that this type's config has beside target_modules and modules_to_save. */
  readonly sharedKeys: readonly SharedKey[];
  /** Returns true if the config describes this variant among several of one type. */
  matches(config: AdapterConfig): boolean;
  /**
   * @param canRebuildResidual whether the reader rebuilds a residual base, so that an adapter may use one.
   * @throws StudioError refused for settings of the type that are contradictory or not supported; `where` names their
   * place.
   */
  refuse?(config: AdapterConfig, where: string, canRebuildResidual?: boolean): void;
  /** Returns true if an adapter with these parameters uses a residual base. */
  usesResidualBase?(parameters: ParameterValues): boolean;
  /** @throws ZodError naming the key. */
  fromConfig(config: AdapterConfig): ParameterValues;
  /**
   * The own keys from which PEFT, where `config` says the targets, makes these modules with this strength.
   * @param namesOf all names of a module, today's first, for settings that name modules. Absent: today's alone.
   */
  toConfig(
    parameters: ParameterValues,
    modules: ReadonlyMap<string, ModuleStrength>,
    config: AdapterConfig,
    namesOf?: (name: string) => readonly string[],
  ): Record<string, unknown>;
  /** Every part that a file of this type may hold, in the order in which they are written. */
  readonly parts: readonly string[];
  /** Config setting that implies each part, named in errors about missing ones. */
  readonly impliedBy?: Readonly<Record<string, string>>;
  /** The end of a part's key, after the module's name. */
  tensorKey(module: Pick<LinearModule, 'kind'>, part: string): string;
  /** Another end under which files have had it. */
  formerTensorKey?(module: Pick<LinearModule, 'kind'>, part: string): string;
  /** True if PEFT has no such type: the folder has PEFT's layout, and only this project loads it. */
  readonly isForeign?: boolean;
  /** True if PEFT supports this type for nn.Linear only, so that it does not load the adapter on GPT-2's Conv1D. */
  readonly refusesConv1d?: boolean;
  /** Every part that the whole adapter may share, and its key after `base_model.`. */
  readonly sharedParts?: readonly string[];
  sharedTensorKey?(part: string): string;
}
export type SharedKey =
  | 'exclude_modules'
  | 'layers_to_transform'
  | 'layers_pattern'
  | 'bias'
  | 'fan_in_fan_out'
  | 'trainable_token_indices';

export interface ModuleSizes {
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** Tensors that all modules of an adapter share, such as VeRA's projections. */
export interface SharedTensors {
  /**
   * The parameter that says whether folders hold them; where it is false they are drawn again by `initialize`. Absent: folders
   * always hold them.
   */
  readonly savedBy?: string;
  /** @param modules all that are adapted. */
  parts(modules: readonly LinearModule[], parameters: ParameterValues): TensorPart[];
  initialize(modules: readonly LinearModule[], parameters: ParameterValues): Map<string, HostTensor>;
}

/** Starts of a variant with LoRA's factors. An initialization may subtract the factors from the base: a residual base. */
export interface VariantStart {
  initialization(parameters: ParameterValues): Initialization;
  /** True if `forward` is W·x plus a term independent of W, so that a part of W may be subtracted separately. */
  readonly isAdditive: boolean;
}

/** Parts of a variant that carry ranks. */
export interface VariantRanks {
  /**
   * The part whose slices along `axis` carry one rank each, so that zeros there switch the rank off. Absent: schedules over
   * ranks are rejected.
   */
  readonly switchable?: { readonly part: string; readonly axis: 0 | 1 };
  /** The parts that are trained as the two factors of one product B·A. */
  readonly factors?: { readonly a: string; readonly b: string };
}

/** The update of a weight as a product. */
export interface UpdateProduct {
  /** Null: the update is not B·A alone. */
  readonly lowRank: ((adapted: HostModule) => LowRankUpdate) | null;
  /** The reason why `lowRank` is null. */
  readonly reason?: string;
  /**
   * True if `lowRank` is null, but ΔW is linear in the product of the parts `b` and `a`, at a rank `r` that is a
   * parameter. Linear combinations of ΔW are then those of the products (HiRA's W ∘ B·A).
   */
  readonly isLinearInFactors?: boolean;
  /** The inner size of the product if it differs from the module's rank. The shapes of the tensors are enough. */
  size?(own: {
    readonly rank: number | null;
    readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  }): number;
}

/** Effects of a variant on the base's weights and biases. */
export interface WeightChanges {
  /** Absent: the base's own bias stays. */
  readonly mergedBias?: {
    /** Returns true if the bias of this module changes. */
    changes(adapted: ModuleTensors<{ readonly shape: readonly number[] }>): boolean;
    /** [outFeatures], on the device; null means no bias. The caller disposes it. */
    merge(bias: tf.Tensor1D | null, adapted: ModuleTensors<tf.Tensor>): tf.Tensor1D;
  };
  /** Returns true if the forward pass multiplies by a weight computed from the base's, never by the base's itself. */
  replacesWeight?(parameters: ParameterValues): boolean;
  /** Float32 matrices of the weight's size that a pass computes from an encoded one, for one linear at a time. Default: none. */
  readonly materializedWeights?: number;
}

/**
 * One kind of adapter: which tensors it has, and what they do. The adapted model, PEFT's folders, merging, the training loop
 * and the memory estimate ask nothing else, so a further kind is one file and one line of the list.
 */
export interface AdapterVariant {
  readonly declaration: Declaration;
  readonly files: PeftFormat;
  /** Absent: the variant has one way to start, and never uses a residual base. */
  readonly residual?: VariantStart;
  /** Absent: the variant has neither ranks to switch nor two factors. */
  readonly ranks?: VariantRanks;
  readonly product: UpdateProduct;
  /** Absent: the forward pass multiplies by the base's own weight, and the base's bias stays. */
  readonly weights?: WeightChanges;
  /** Rank and scaling of a module. `names`: today's first, then older ones. */
  strength(parameters: ParameterValues, names: readonly string[]): ModuleStrength;
  /** The tensors of a module, in a fixed order. */
  parts(module: LinearModule, settings: ModuleSettings): TensorPart[];
  /**
   * The module's sizes by the shapes of its parts, for adapters whose base is not at hand; a size that no part gives is 1.
   * Null: parts are missing. Absent: A [rank, inFeatures] and B [outFeatures, rank] tell them, where the variant has them.
   */
  sizes?(shapes: ReadonlyMap<string, readonly number[]>): ModuleSizes | null;
  readonly shared?: SharedTensors;
  /**
   * Fresh tensors that leave the base's function as it is; draws from `random`. `weight` gives the base's own
   * [outFeatures, inFeatures]; `factors` are those of `residual.initialization`, and are absent where they would be replaced at once.
   */
  initialize(
    module: LinearModule,
    settings: ModuleSettings,
    source: { readonly random: RandomStream; weight(): Promise<HostTensor>; readonly factors?: Factors | undefined },
  ): Map<string, HostTensor> | Promise<Map<string, HostTensor>>;
  /**
   * Absent: any values will do. `tensors` have the shapes of the parts.
   * @throws StudioError refused for values that the module cannot take, such as an index outside its weight.
   */
  checkTensors?(module: LinearModule, tensors: ReadonlyMap<string, HostTensor>): void;
  /** The parameter that is the chance that an entry of the adapter's input is zeroed in training; null: none is. */
  readonly inputDropout: string | null;
  /**
   * Returns the dropout of a variant that drops parts of its update (outputs, blocks), or the whole update, in
   * training.
   */
  updateDropout?(parameters: ParameterValues, module: LinearModule): UpdateDropout;
  /**
   * The adapted linear: x [rows, inFeatures] → [rows, outFeatures], with gradients for x, the trained tensors and the residual.
   * The masks among the options act on the adapter alone.
   */
  forward(x: tf.Tensor2D, frozen: FrozenWeight, adapted: DeviceModule, options: ForwardOptions): tf.Tensor2D;
  /**
   * The factors, where without dropout the forward pass is W·x + scaling·B·A·x [+ residual] and nothing else, so that the rows of
   * several adapters go through W together; null: it is not, on this module. Absent: it never is.
   */
  loraFactors?(adapted: DeviceModule): { a: tf.Tensor; b: tf.Tensor; scaling: number } | null;
  /**
   * The adapted embedding: ids [rows] int32 → [rows, outFeatures], with gradients for the trained tensors. `frozen` holds its
   * table. Absent: embeddings cannot carry this adapter.
   */
  embedding?(ids: tf.Tensor1D, frozen: FrozenWeight, adapted: DeviceModule): tf.Tensor2D;
  /**
   * The weight that alone does what the base's `weight` and the adapter do together, on the device: [outFeatures, inFeatures],
   * or both with `inputsFirst` the other way round (an embedding's table, a Conv1D as stored). The caller disposes it.
   */
  mergedWeight(weight: tf.Tensor2D, adapted: ModuleTensors<tf.Tensor>, inputsFirst: boolean): tf.Tensor2D;
  readonly training?: VariantTraining;
  /**
   * Numbers of values of the float32 tensors that a linear layer's forward pass keeps for its backward pass, beside its
   * input and the mask of `inputDropout`.
   */
  memory(linear: LinearSize, settings: ModuleSettings): number[];
}

/** A module with its own tensors and what the whole adapter shares. */
export function withShared(
  module: LinearModule,
  own: ModuleStrength & { readonly tensors: ReadonlyMap<string, HostTensor> },
  { parameters, shared }: { readonly parameters: ParameterValues; readonly shared: ReadonlyMap<string, HostTensor> },
): HostModule {
  const { rank, scaling, tensors } = own;
  return { module, rank, scaling, parameters, tensors: new Map([...shared, ...tensors]) };
}

/** Dropout of parts of the update, or of all of it, for one forward pass of a module. */
export interface UpdateDropout {
  /** Chance that a part of the update is dropped. */
  readonly outputs: number;
  /** Number of parts. Absent: one for each output. */
  readonly count?: number;
  /** True if the remaining parts are divided by their share, which preserves the mean of their sum. */
  readonly rescaled: boolean;
  /** Chance that the module runs as the plain base. */
  readonly module: number;
  /** Chance that an entry between the two factors is zeroed, by row and rank; what is left is rescaled. Default 0. */
  readonly ranks?: number;
}

export interface ForwardOptions extends LoraLinearOptions {
  /** [parts], by default [out]: 0 where a part of the update is dropped. Only where the variant has `updateDropout`. */
  readonly outputMask?: tf.Tensor1D | null | undefined;
  /** [rows, rank], of 0 and 1 / (1 − dropout): multiplies the entries between the two factors. */
  readonly rankMask?: tf.Tensor2D | null | undefined;
  /** True in a training step. */
  readonly isTraining?: boolean;
}

/** Returns true if a folder with these parameters may omit the shared tensors. */
export function isWithoutShared({ shared }: AdapterVariant, parameters: ParameterValues): boolean {
  return shared?.savedBy !== undefined && parameters[shared.savedBy] === false;
}

/** A linear in a training step: `rows` inputs at a time. */
export interface LinearSize {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** A tensor that the variant's `parts` promise. */
export function partOf<T>({ tensors, module }: ModuleTensors<T>, name: string): T {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`the adapter of ${module.name} has no tensor ${name}`);
  return tensor;
}

/** The rank of a variant that has one. */
export function requireRank({ rank }: { readonly rank: number | null }): number {
  if (rank === null) throw new Error('a module of a variant with ranks has none');
  return rank;
}
