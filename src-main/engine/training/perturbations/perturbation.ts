import type * as tf from '@tensorflow/tfjs-core';
import type { Declaration } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import type { GradientRequest, Gradients } from '../step-gradients.ts';

/** Settings of a run that perturbations read. */
export type PerturbationSettings = Pick<
  RunConfig,
  'seed' | 'sam_rho' | 'sam_adaptive' | 'mergopt_mu' | 'mergopt_b' | 'mergopt_k_max' | 'mergopt_alphas'
>;

/** Shift of the trained weights at which a step computes its gradients; the update starts from the weights themselves. */
export interface Perturbation {
  /** True if the shift depends on the gradients at the weights themselves, which cost a pass of their own. */
  readonly needsGradients: boolean;
  /** Returns the shift of each trained variable by its name in the model; the caller disposes them. */
  shifts(
    active: GradientRequest['active'],
    gradients: Gradients | null,
    step: number,
  ): Promise<ReadonlyMap<string, tf.Tensor>>;
}

/** A kind of perturbation, named by `weight_perturbation`. */
export interface PerturbationKind {
  /** Its parameters are settings of the run. */
  readonly declaration: Declaration;
  create(settings: PerturbationSettings): Perturbation;
}
