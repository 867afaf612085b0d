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
}

/** Parts of a description that depend on the family; the rest (size, parameters, fingerprint) does not. */
export type FamilyDescription = Omit<
  ModelDescription,
  'family' | 'parameterCount' | 'sizeBytes' | 'dtype' | 'encodedBytes' | 'quantizedFrom' | 'fingerprint'
>;

export interface LoadOptions {
  /** True if products with frozen weights use bfloat16 with float32 sums; the backend must support it. */
  readonly bfloat16?: boolean;
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

/** A base-model family: one file declares it, `families.ts` lists it. */
export interface ModelFamily {
  readonly declaration: Declaration;
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Checks config and tensors' shapes; throws StudioError('invalid_file') naming the key or tensor. Loads no weights. */
  describe(config: ModelConfigFile, weights: TensorSource): FamilyDescription;
  /**
   * Memory of a training step of such a model, from its config alone, for sequences of `tokens` tokens.
   * @param ofTokens whether an adapter's head has outputs for each token
   * @param texts of a model that compares images with texts: how many there are; absent: as many as images in a batch
   */
  memory(config: ModelConfigFile, tokens?: number, ofTokens?: boolean, texts?: number): ModelMemory;
  load(
    description: ModelDescription,
    config: ModelConfigFile,
    weights: TensorSource,
    options: LoadOptions,
  ): Promise<BaseModel>;
}
