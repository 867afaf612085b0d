import type { MaskEvaluator } from '../adapters/model/mask-evaluator.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import type { LowRankUpdate } from './merge-method.ts';

/** A merge that is tried out: its updates by module. Heads are those of the merge itself. */
export type MergeCandidate = ReadonlyMap<string, LowRankUpdate>;

/** Loss to be minimized. */
export interface LossRequest {
  /**
   * `task`: the loss that the adapters were trained on. `entropy`: that of the predictions, which needs no labels.
   * `outputs`: the mean squared difference to the outputs of the adapter alone on its own examples.
   */
  readonly objective: 'task' | 'entropy' | 'outputs';
  /** Index of the adapter whose tuning examples are used. Default: the mean over all adapters. */
  readonly adapter?: number;
  /** Index of a mini-batch, modulo their number. Default: all tuning examples. */
  readonly batch?: number;
  /** True to compute gradients. Default: false. */
  readonly gradients?: boolean;
}

export interface CandidateLoss {
  readonly loss: number;
  /** ∂loss/∂A and ∂loss/∂B by module, shaped like the factors; null where none were requested. */
  readonly gradients: ReadonlyMap<string, { readonly a: HostTensor; readonly b: HostTensor }> | null;
}

/**
 * Tuning examples of each adapter's dataset, none of which is in the split that scores are reported on; the base is
 * loaded on first use.
 */
export interface MergeData {
  /**
   * Inputs X [rows, inFeatures] of a module while one adapter (by its index) runs on its own tuning examples, one row a
   * token or image patch, a seeded sample where there are too many.
   */
  inputs(adapter: number, module: string): Promise<HostTensor>;
  loss(candidate: MergeCandidate, request: LossRequest): Promise<CandidateLoss>;
  /** Score on the tuning examples, higher is better: the mean over the adapters' datasets. */
  score(candidate: MergeCandidate): Promise<number>;
  /** The same of a candidate with only some of its modules. */
  masks(candidate: MergeCandidate): MaskEvaluator;
}
