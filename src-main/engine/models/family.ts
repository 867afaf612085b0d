import type * as tf from '@tensorflow/tfjs-core';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import type { Declaration } from '../../../src-shared/domain/parameter.ts';
import type { TensorSource } from '../tensors/safetensors.ts';
import type { BaseModel } from './base-model.ts';
import type { ModelMemory } from './memory.ts';

/** A parsed config.json and where it came from, for messages. */
export interface ModelConfigFile {
  readonly path: string;
  readonly value: unknown;
}

/** What a family can tell of a folder; the rest (size, parameters, fingerprint) is the same for all families. */
export type FamilyDescription = Omit<
  ModelDescription,
  'family' | 'parameterCount' | 'sizeBytes' | 'dtype' | 'fingerprint'
>;

export interface LoadOptions {
  /** Products with the frozen linears in bfloat16, with float32 sums. The backend must have them. */
  readonly bfloat16?: boolean;
  /** Where given, the model itself is trained: its tensors are variables, put in here by their names in the checkpoint. */
  readonly trained?: Map<string, tf.Variable>;
}

/** A base-model family: one file declares it, `families.ts` lists it. */
export interface ModelFamily {
  readonly declaration: Declaration;
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Checks config and tensors' shapes; throws StudioError('invalid_file') naming the key or tensor. Loads no weights. */
  describe(config: ModelConfigFile, weights: TensorSource): FamilyDescription;
  /** What a training step of such a model keeps in memory, from its config alone; texts have `tokens` tokens. */
  memory(config: ModelConfigFile, tokens?: number): ModelMemory;
  load(
    description: ModelDescription,
    config: ModelConfigFile,
    weights: TensorSource,
    options: LoadOptions,
  ): Promise<BaseModel>;
}
