import type * as tf from '@tensorflow/tfjs-core';
import type { FactorPair, ParameterGroup } from '../../optimizers/optimizer.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { AdapterState } from './state.ts';

/** A finished update and its inputs. */
export interface FinishedUpdate {
  /** Counted from 0. */
  readonly step: number;
  /** After `transformGradients`, by the variables' names in the model; disposed by the step. */
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  /** The clipping factor, which is not applied to the gradients. */
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
  /** After all gradients are accumulated, before their norm is measured. */
  completeGradients?(gradients: Map<string, tf.Tensor>): void;
  /** After the norm of the gradients was measured, before the update. */
  transformGradients?(gradients: Map<string, tf.Tensor>): void | Promise<void>;
  afterStep?(update: FinishedUpdate): void | Promise<void>;
  /** The adapter in the form of its folder. */
  exported?(state: AdapterState): AdapterState;
  /** State for checkpoints beside the adapter and the optimizer. */
  state?(): Promise<ReadonlyMap<string, HostTensor>>;
  /** Restores what `state` returned; returns the adapter in the form used in training. */
  restore?(exported: AdapterState, tensors: ReadonlyMap<string, HostTensor>): AdapterState;
  dispose?(): void;
}
