import type * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../../tensors/host-tensor.ts';

/** An optimizer's memory in JavaScript: what a checkpoint keeps so that a resumed run goes on bit for bit. */
export interface OptimizerState {
  /** Steps that each variable has taken by itself: a variable without a gradient does not count a step. */
  readonly steps: ReadonlyMap<string, number>;
  /** Moments under `<variable>.exp_avg` and `<variable>.exp_avg_sq`. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/** What a run says of every optimizer. */
export interface OptimizerSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** One kind of optimizer, as `optim` names it. */
export interface OptimizerKind {
  create(
    variables: ReadonlyMap<string, tf.Variable>,
    settings: OptimizerSettings & { readonly weightDecay: number },
  ): Optimizer;
}

export interface Optimizer {
  /**
   * One step at `learningRate` over the variables that have a gradient in `gradients`; the others are left alone: no decay,
   * no moments, no step count (PyTorch's rule for `grad is None`). Each gradient is scaled by `gradientScale` first
   * (clipping). The caller keeps and disposes the gradients.
   */
  step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, gradientScale: number): void | Promise<void>;
  state(): Promise<OptimizerState>;
  restore(state: OptimizerState): void;
  dispose(): void;
}
