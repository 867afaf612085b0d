import type * as tf from '@tensorflow/tfjs-core';
import type { AdapterState } from '../adapters/state.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import type { FactorPair, ParameterGroup } from './optimizers/optimizer.ts';

/** An update that was made, with what it was made of. */
export interface FinishedUpdate {
  /** Counted from 0. */
  readonly step: number;
  /** As the loss and `transformGradients` gave them, by the variables' names in the model; the step disposes them. */
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  /** The factor of clipping, which the gradients do not have in them. */
  readonly gradientScale: number;
}

/** Hooks of an objective into the training step, beside its loss. */
export interface TrainingHooks {
  /** Groups with other learning rates or decays; other variables use the run's. */
  parameterGroups?(variables: ReadonlyMap<string, tf.Variable>): readonly ParameterGroup[];
  /** The trained factors of products B·A, for optimizers that work on both. */
  factorPairs?(): readonly FactorPair[];
  /** Added to the loss. */
  penalty?(): tf.Scalar;
  /** Once all gradients are there, before their norm is measured. */
  completeGradients?(gradients: Map<string, tf.Tensor>): void;
  /** After the norm of the gradients was measured, before the update. */
  transformGradients?(gradients: Map<string, tf.Tensor>): void | Promise<void>;
  afterStep?(update: FinishedUpdate): void | Promise<void>;
  /** The adapter as its folder holds it. */
  exported?(state: AdapterState): AdapterState;
  /** State for checkpoints beside the adapter and the optimizer. */
  state?(): Promise<ReadonlyMap<string, HostTensor>>;
  /** Restores what `state` returned; returns the adapter in the form used in training. */
  restore?(exported: AdapterState, tensors: ReadonlyMap<string, HostTensor>): AdapterState;
  dispose?(): void;
}
