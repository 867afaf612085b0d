import type { StreamedTensor } from '../../../tensors/safetensors-stream.ts';
import type { GgufFile } from '../gguf-file.ts';

/** Conversion of a module's values from the file's layout to that of transformers. */
export type Rearrangement =
  /** Rows of rotary queries or keys, which llama.cpp interleaves within each head. */
  | 'interleaved-queries'
  | 'interleaved-keys'
  /** Rows of queries, keys and values by heads, which llama.cpp stores one kind after the other (GPT-NeoX). */
  | 'grouped-heads'
  /** Weights that transformers stores as [in, out] (GPT-2's Conv1D). */
  | 'transposed'
  /** Scales of norms to which llama.cpp's converter adds 1 (Gemma). */
  | 'plus-one'
  /** Weights of a convolution, which transformers stores as [width, 1, kernel]. */
  | 'convolution';

/** A module of a layer or of the model: its name in GGUF files and in transformers, without .weight or .bias. */
export interface NamedModule {
  readonly gguf: string;
  readonly transformers: string;
  readonly weight: 'required' | 'optional';
  readonly bias: 'required' | 'optional' | 'none';
  readonly rearranged?: Rearrangement;
  /** All experts in one tensor, which become a matrix each: `*` in the name in transformers is the index of the expert. */
  readonly isOfExperts?: boolean;
  /** A parameter that has no .weight in transformers. */
  readonly isParameter?: boolean;
}

/** Number and size of the attention heads. */
export interface HeadCounts {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
}

/** An architecture of GGUF files that can be converted: one file declares it, `index.ts` lists it. */
export interface GgufArchitecture {
  /** `general.architecture`. */
  readonly id: string;
  /** Tells several of the same id apart; absent: every file of the id that no other accepts. */
  readonly isOf?: (file: GgufFile) => boolean;
  /** `model_type` of transformers' config.json of such models. */
  readonly modelTypes: readonly string[];
  /** Prefix of layer names in transformers, e.g. "model.layers". */
  readonly layersPrefix: string;
  readonly layerModules: readonly NamedModule[];
  readonly otherModules: readonly NamedModule[];
  /** Tensors that belong to the config and are not weights. */
  readonly configTensors: readonly string[];
  readonly layerCount: (file: GgufFile) => number;
  readonly headCounts: (file: GgufFile) => HeadCounts;
  /** Tensors of a layer that transformers stores in another division, by their modules in the file. */
  readonly regrouped?: {
    readonly modules: readonly string[];
    readonly tensors: (file: GgufFile, layer: number) => StreamedTensor[];
  };
  /** config.json without the token ids of the tokenizer. Throws StudioError naming the key. */
  readonly config: (file: GgufFile) => Promise<Record<string, unknown>>;
}
