import type { GgufFile } from '../gguf-file.ts';

/** How the values of a module of the file become those of transformers' module. */
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

/** Heads of the attention: how many, and how wide each is. */
export interface HeadCounts {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
}

/** A kind of model that GGUF files hold and that the studio converts: one file declares it, `index.ts` lists it. */
export interface GgufArchitecture {
  /** `general.architecture`. */
  readonly id: string;
  /** `model_type` of transformers' config.json of such models. */
  readonly modelTypes: readonly string[];
  /** What layers' names begin with in transformers, e.g. "model.layers". */
  readonly layersPrefix: string;
  readonly layerModules: readonly NamedModule[];
  readonly otherModules: readonly NamedModule[];
  /** Tensors that say something for the config and are no weights. */
  readonly configTensors: readonly string[];
  readonly layerCount: (file: GgufFile) => number;
  readonly headCounts: (file: GgufFile) => HeadCounts;
  /** config.json without what the tokenizer says (token ids). Throws StudioError naming the key. */
  readonly config: (file: GgufFile) => Promise<Record<string, unknown>>;
}
