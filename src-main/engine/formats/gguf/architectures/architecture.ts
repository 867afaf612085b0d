import type { GgufFile } from '../gguf-file.ts';

/** Conversion of a module's values from the file's layout to that of transformers. */
export type Rearrangement =
  /** Rows of rotary queries or keys, which llama.cpp interleaves within each head. */
  | 'interleaved-queries'
  | 'interleaved-keys'
  /** Weights that transformers stores as [in, out] (GPT-2's Conv1D). */
  | 'transposed';

/** A module of a layer or of the model: its name in GGUF files and in transformers, without .weight or .bias. */
export interface NamedModule {
  readonly gguf: string;
  readonly transformers: string;
  readonly weight: 'required' | 'optional';
  readonly bias: 'required' | 'optional' | 'none';
  readonly rearranged?: Rearrangement;
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
  /** config.json without the token ids of the tokenizer. Throws StudioError naming the key. */
  readonly config: (file: GgufFile) => Promise<Record<string, unknown>>;
}
