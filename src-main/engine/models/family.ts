import type * as tf from '@tensorflow/tfjs-core';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import type { TensorSource } from '../tensors/safetensors.ts';
import type { BaseModel } from './base-model.ts';
import type { ModelMemory } from './memory.ts';

/** A parsed config.json and its path, for messages. */
export interface ModelConfigFile {
  readonly path: string;
  readonly value: unknown;
  /** Key of config.json that holds `value`; absent: the whole file. */
  readonly within?: string;
}

/** Parts of a description that depend on the family; the rest (size, parameters, fingerprint) does not. */
export type FamilyDescription = Omit<
  ModelDescription,
  'family' | 'parameterCount' | 'sizeBytes' | 'dtype' | 'encodedBytes' | 'quantizedFrom' | 'fingerprint'
>;

export interface LoadOptions {
  /** True if products with frozen weights use bfloat16 with float32 sums; the backend must support it. */
  readonly bfloat16?: boolean;
  /** True if products with the frozen linears of the layers use 8-bit integers; the backend must support it. */
  readonly int8?: boolean;
  /**
   * True if 16-bit matrices stay encoded if the backend allows it, using a third of the memory or less, and each
   * product decodes them. Block-encoded matrices always do. Default: true for large models.
   */
  readonly encoded?: boolean;
  /**
   * To what matrices of float32 are rounded where the backend keeps matrices of 16 bits as they are; by default to bfloat16 where
   * `bfloat16` is set. One with values that are too large for it stays float32, and `onTooLarge` is told its name.
   */
  readonly halves?: 'bfloat16' | 'float16';
  readonly onTooLarge?: (name: string) => void;
  /** Called before each tensor that is loaded with the number of those before it; what it throws ends the loading. */
  readonly onTensor?: (done: number, total: number) => Promise<void>;
  /** If given, the model itself is trained: its tensors are variables, added here by their names in the checkpoint. */
  readonly trained?: Map<string, tf.Variable>;
}

/** Declaration of a family, which has no parameters of its own. */
export type FamilyDeclaration = Omit<Declaration, 'parameters'>;

/** Sizes of a training step's inputs, as far as they concern a family. */
export interface StepSizes {
  /** Tokens of a sequence; absent: as many as is usual. */
  readonly tokens?: number | undefined;
  /** True if an adapter's head has outputs for each token. */
  readonly ofTokens?: boolean;
  /** Texts of a model that compares images with texts; absent: as many as images in a batch. */
  readonly texts?: number | undefined;
  /** Tokens of the text that the decoder writes, of a model with an encoder. */
  readonly targetTokens?: number;
  /** Size of the images that the model runs on; absent: the config's. */
  readonly image?: { readonly height: number; readonly width: number } | null;
}

/** A base-model family: one file declares it, `families.ts` lists it. */
export interface ModelFamily {
  readonly declaration: FamilyDeclaration;
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Tensors of a checkpoint that are never loaded, by their names, e.g. a vision tower's. */
  readonly unusedTensors?: RegExp;
  /** Further values of `model_type`, e.g. of a part of the model alone. */
  readonly alsoModelTypes?: readonly string[];
  /** Checks config and tensors' shapes; throws StudioError('invalid_file') naming the key or tensor. Loads no weights. */
  describe(config: ModelConfigFile, weights: TensorSource): FamilyDescription;
  /** Memory of a training step of such a model, from its config alone. */
  memory(config: ModelConfigFile, sizes?: StepSizes): ModelMemory;
  /** Returns true if the model runs on images of the size in preprocessor_config.json, whatever its config says. Default: false. */
  resizesImages?(config: ModelConfigFile): boolean;
  load(
    description: ModelDescription,
    config: ModelConfigFile,
    weights: TensorSource,
    options: LoadOptions,
  ): Promise<BaseModel>;
}
