import type * as tf from '@tensorflow/tfjs-core';
import type { ParameterGroup } from './optimizers/index.ts';

/** What an objective does to a training step beside its loss; the step calls each at its place. */
export interface TrainingHooks {
  /** Groups at other rates or decays; variables in none learn as the run says. */
  parameterGroups?(usual: { readonly weightDecay: number }): readonly ParameterGroup[];
  /** Added to the loss. */
  penalty?(): tf.Scalar;
  /** Once all gradients are there, before their norm is measured. */
  completeGradients?(gradients: Map<string, tf.Tensor>): void;
  /** Between the measure of the gradients' norm and the update. */
  transformGradients?(gradients: Map<string, tf.Tensor>): void;
  /** After the update of a step, counted from 1. */
  afterStep?(step: number): void;
}
