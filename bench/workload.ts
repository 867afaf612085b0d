import type { BaseModel } from '../src-main/engine/models/base-model.ts';
import type { HostTensor } from '../src-main/engine/tensors/host-tensor.ts';
import type { MicroBatch } from '../src-main/engine/training/micro-batch.ts';

/** How a peer puts the shape together; what is not a number or a name is in the tensors. */
export interface PeerArchitecture {
  readonly kind: 'encoder' | 'decoder';
  readonly layers: number;
  readonly heads: number;
  readonly hidden: number;
  /** Of one example. */
  readonly tokens: number;
  readonly epsilon: number;
  /** What the head reads: the first token, or every one (a language model). */
  readonly pooling: 'first' | 'none';
  /** Whether the last layer is computed for the first token only. */
  readonly cutsLastLayer: boolean;
  readonly patch?: readonly [number, number];
  /** Base of the rotary angles. */
  readonly theta?: number;
}

/** A shape ready to be trained, and the same in a peer's names. */
export interface BenchProblem {
  readonly base: BaseModel;
  readonly batch: MicroBatch;
  /** Of the head that is trained with the adapter; null where no head is. */
  readonly labels: readonly string[] | null;
  readonly architecture: PeerArchitecture;
  /** The frozen tensors besides the linears in the layers, by the peer's names. */
  readonly extras: ReadonlyMap<string, HostTensor>;
}

export interface ProblemOptions {
  /** Cut down to a fraction of the shape. */
  readonly small: boolean;
  /** The folder that holds models/. */
  readonly resources: string;
  /** Products with frozen weights in bfloat16. */
  readonly bfloat16: boolean;
}

/** One model and batch that the bench times: one file each, listed in `shapes/index.ts`. */
export interface Workload {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  readonly layers: number;
  /** Layers of the cut-down shape. */
  readonly smallLayers: number;
  build(options: ProblemOptions): Promise<BenchProblem>;
}
