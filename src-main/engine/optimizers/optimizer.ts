import type * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';

/** State of an optimizer on the host, from which a resumed run continues bit for bit. */
export interface OptimizerState {
  /** Step count of each variable: steps without a gradient do not count. */
  readonly steps: ReadonlyMap<string, number>;
  /** Moments under `<variable>.exp_avg` and `<variable>.exp_avg_sq`, and further state by PyTorch's names. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/** Settings of the run for every optimizer. */
export interface OptimizerSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Momentum of SGD. */
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

/** Properties of the variant that an optimizer depends on. */
export interface OptimizedVariant {
  readonly declaration: Pick<Declaration, 'label'>;
  readonly ranks?: { readonly factors?: { readonly a: string; readonly b: string } };
  readonly product: { readonly reason?: string };
}

/** Variables with the same settings. */
export interface ParameterGroup {
  readonly names: ReadonlySet<string>;
  /** Factor on the run's learning rate. */
  readonly learningRateFactor: number;
  readonly weightDecay: number;
  /** Creates the group's optimizer, if not the one named by `optim`. */
  readonly create?: OptimizerKind['create'];
}

/** A kind of optimizer, named by `optim`. */
export interface OptimizerKind {
  /** Its parameters are settings of the run. */
  readonly declaration: Declaration;
  /** Number of state tensors per variable, each of its shape. */
  moments(config: RunConfig): number;
  create(variables: ReadonlyMap<string, tf.Variable>, settings: GroupSettings): Optimizer;
  /** @throws StudioError refused if it cannot train the variant, or not with a schedule over ranks. */
  check?(variant: OptimizedVariant, plan: { readonly unit: string | null }): void;
  /** Wraps the optimizers of all groups, and owns them. */
  around?(
    optimizer: Optimizer,
    variables: ReadonlyMap<string, tf.Variable>,
    pairs: readonly FactorPair[],
    settings: OptimizerSettings,
  ): Optimizer;
}

export interface Optimizer {
  /** True for an optimizer that neither keeps gradients after its step nor reads them on the host. Default false. */
  readonly mayBorrow?: boolean;
  /**
   * One step at `learningRate` over the variables that have a gradient in `gradients`; the others are unchanged: no decay,
   * no moments, no step count (PyTorch's rule for `grad is None`). Each gradient is scaled by `gradientScale` first
   * (clipping). The caller disposes the gradients.
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
