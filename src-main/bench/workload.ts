import type { BaseModel, HostTensor } from '../engine/api/base-parts.ts';
import type { LabelLoss, MicroBatch } from '../engine/api/steps.ts';

/** Architecture for a peer: numbers and names, in addition to the tensors. */
export interface PeerArchitecture {
  readonly kind: 'encoder' | 'decoder';
  readonly layers: number;
  readonly heads: number;
  /** Heads of keys and values, each shared by several of queries; as many as `heads` if left out. */
  readonly keyValueHeads?: number;
  readonly hidden: number;
  /** Length of one example. */
  readonly tokens: number;
  readonly epsilon: number;
  /** Input of the head: the first token, or all (a language model). */
  readonly pooling: 'first' | 'none';
  /** True if the last layer is computed for the first token only. */
  readonly cutsLastLayer: boolean;
  readonly patch?: readonly [number, number];
  /** Base of the rotary angles. */
  readonly theta?: number;
}

/** A workload ready for training, and its tensors under a peer's names. */
export interface BenchProblem {
  readonly base: BaseModel;
  readonly batch: MicroBatch<LabelLoss>;
  /** The head that is trained with the adapter; null if none is. */
  readonly labels: readonly string[] | null;
  readonly architecture: PeerArchitecture;
  /** Frozen tensors other than the layers' linear weights, by the peer's names. */
  readonly extras: ReadonlyMap<string, HostTensor>;
  /** A checkpoint that peers map instead, with its name of each frozen tensor by theirs. */
  readonly stored?: { readonly file: string; readonly names: Readonly<Record<string, string>> };
}

export interface ProblemOptions {
  /** Reduced to a fraction of the workload. */
  readonly small: boolean;
  /** The folder with models/. */
  readonly resources: string;
  /** Folder for a workload's generated files, for as long as the bench runs. */
  readonly folder: string;
  /** Products with frozen weights in bfloat16. */
  readonly bfloat16: boolean;
  /** Products of the layers' linears in 8-bit integers, of workloads that load a base. */
  readonly int8?: boolean;
  /** Frozen matrices, and the operands of their products, in float16, where a backend has that. */
  readonly halves?: 'float16';
  /** Examples of the batch. Default: the workload's own. */
  readonly batch?: number;
  /** Tokens of each text, if the workload sets a length. Default: that of the workload. */
  readonly tokens?: number;
}

/** A model and batch to be timed: one file each, listed in `workloads/index.ts`. */
export interface Workload {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  readonly layers: number;
  /** Layers of the reduced workload. */
  readonly smallLayers: number;
  /** Adapted modules and the strength; default: r 8 on q_proj and v_proj. */
  readonly adapter?: {
    readonly targets: 'all-linear';
    readonly parameters: { readonly r: number; readonly lora_alpha: number };
  };
  /**
   * True for workloads of gigabytes and seconds a step: timed only on request, one precision after another, steps only.
   */
  readonly isLarge?: boolean;
  /** True for workloads that the peers' programs do not know. */
  readonly isWithoutPeers?: boolean;
  build(options: ProblemOptions): Promise<BenchProblem>;
}
