import type * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { Declaration } from '../../../../src-shared/domain/parameter.ts';
import type { RunConfig } from '../../../../src-shared/domain/run.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';

/** An optimizer's memory in JavaScript: what a checkpoint keeps so that a resumed run goes on bit for bit. */
export interface OptimizerState {
  /** Steps that each variable has taken by itself: a variable without a gradient does not count a step. */
  readonly steps: ReadonlyMap<string, number>;
  /** Moments under `<variable>.exp_avg` and `<variable>.exp_avg_sq`, and what else an optimizer keeps under PyTorch's names. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/** What a run says of every optimizer. */
export interface OptimizerSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Of SGD. */
  readonly momentum: number;
  /** Damping of the Riemannian preconditioner. */
  readonly reg: number;
}
export type GroupSettings = OptimizerSettings & { readonly weightDecay: number };

/** The trained factors of one module's B·A, by their names in the model. */
export interface FactorPair {
  readonly a: string;
  readonly b: string;
}

/** What an optimizer asks of the variant that it is to train. */
export interface OptimizedVariant {
  readonly declaration: Pick<Declaration, 'label'>;
  readonly factors?: { readonly a: string; readonly b: string };
  readonly notLowRank?: string;
}

/** Variables that are updated alike. */
export interface ParameterGroup {
  readonly names: ReadonlySet<string>;
  /** The group learns at so many times the run's rate. */
  readonly learningRateFactor: number;
  readonly weightDecay: number;
  /** Makes the group's optimizer, where it is not the one that `optim` names. */
  readonly create?: OptimizerKind['create'];
}

/** One kind of optimizer, as `optim` names it. */
export interface OptimizerKind {
  /** Its parameters are settings of the run. */
  readonly declaration: Declaration;
  /** How many tensors of its shape are kept of a variable. */
  moments(config: RunConfig): number;
  create(variables: ReadonlyMap<string, tf.Variable>, settings: GroupSettings): Optimizer;
  /** @throws StudioError refused where it cannot train the variant, or not with ranks that a schedule switches. */
  check?(variant: OptimizedVariant, plan: { readonly unit: string | null }): void;
  /** What stands around the optimizers of all groups, and takes them over. */
  around?(
    optimizer: Optimizer,
    variables: ReadonlyMap<string, tf.Variable>,
    pairs: readonly FactorPair[],
    settings: OptimizerSettings,
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

export function variableOf(variables: ReadonlyMap<string, tf.Variable>, name: string): tf.Variable {
  const variable = variables.get(name);
  if (!variable) throw new StudioError('internal', `The optimizer has no parameter named ${name}.`);
  return variable;
}
