import type * as tf from '@tensorflow/tfjs-core';
import type { Schedule } from '../../../../src-shared/coto/schedules/index.ts';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import { optimizerKinds } from '../../optimizers/index.ts';
import type { FactorPair, ParameterGroup } from '../../optimizers/optimizer.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { AdapterState, ModuleState } from './state.ts';
import type { FinishedUpdate, TrainingHooks } from './training-hooks.ts';
import type { AdapterVariant, DeviceModule, ModuleSettings } from './variant.ts';

/** Facts of a run that affect its variant's training. */
export interface TrainingPlan {
  /** True if the run starts from another adapter (`init_adapter`). */
  readonly isSeeded?: boolean;
  readonly totalSteps: number;
  readonly optim: RunConfig['optim'];
  /** Peak of the schedule. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Unit of the run's schedule; null without one. */
  readonly unit: Schedule['unit'] | null;
}

/** A module in training, and the names of its trained tensors in the model by their parts. */
export interface TrainedModule extends DeviceModule {
  readonly trainedNames: ReadonlyMap<string, string>;
}

/** Training of a variant beyond the run's optimizer. */
export interface VariantTraining {
  /** @throws StudioError for a plan that the method cannot follow, naming the field. */
  check?(plan: TrainingPlan, parameters: ParameterValues): void;
  /** Parts that exist during training alone. No folder holds them, so a seed adapter lacks them. */
  readonly trainingOnlyParts?: readonly string[];
  /** The modules of an adapter that a run starts from as the method starts on them. Absent: as they are. */
  seeded?(modules: ReadonlyMap<string, ModuleState>, parameters: ParameterValues): ReadonlyMap<string, ModuleState>;
  /** The method in one training. `modules` gives all adapted modules with their values at the time of the call. */
  begin(plan: TrainingPlan, parameters: ParameterValues, modules: () => readonly TrainedModule[]): TrainingMethod;
  /**
   * Numbers of values of the float32 tensors that training keeps from step to step for one module, beside its own tensors and
   * their gradients. Absent: what the optimizer keeps.
   */
  memory?(module: LinearModule, settings: ModuleSettings): number[];
  /**
   * Reason why Transformers and PEFT cannot repeat it, for the error of a Python export. Absent: assets/export/train.py
   * does.
   */
  readonly notInPython?: string;
}

/** A method at work in one training: what it does at each place of a step, and its memory. Modules that are off are not `active`. */
export interface TrainingMethod {
  /** Groups of trained tensors, by their names in the model, at other rates or decays; what no group has learns as usual. */
  parameterGroups?(variables: ReadonlyMap<string, tf.Variable>): ParameterGroup[];
  /** A scalar that is added to the loss. */
  penalty?(active: readonly TrainedModule[]): tf.Scalar;
  /** Replaces gradients before their norm is measured; disposes those it replaces. */
  completeGradients?(gradients: Map<string, tf.Tensor>, active: readonly TrainedModule[]): void;
  /** Replaces gradients, by their names in the model, after their norm was measured and before the update; disposes those it replaces. */
  transformGradients?(gradients: Map<string, tf.Tensor>, active: readonly TrainedModule[]): void | Promise<void>;
  /** After the update of a step, while its gradients are still there. */
  afterStep?(update: FinishedUpdate, active: readonly TrainedModule[]): void | Promise<void>;
  /** The adapter as its folder holds it, where training holds it in another form. */
  exported?(state: AdapterState): AdapterState;
  /** Returns further state that the next step depends on, by names of its own: stored in checkpoints. */
  state?(): Promise<ReadonlyMap<string, HostTensor>>;
  /** Takes up what `state` gave; returns the adapter in the form that training holds. @throws StudioError invalid_file where a tensor is missing. */
  restore?(exported: AdapterState, tensors: ReadonlyMap<string, HostTensor>): AdapterState;
  dispose?(): void;
}

/**
 * Returns the variant's hooks for training by `plan`. Modules are requested each time: all, and those of the step.
 * @throws StudioError where it cannot be trained so.
 */
export function hooksOf(
  { variant, parameters }: Pick<AdapterState, 'variant' | 'parameters'>,
  plan: TrainingPlan,
  all: () => readonly TrainedModule[],
  active: () => readonly TrainedModule[],
): TrainingHooks {
  checkTraining(variant, plan, parameters);
  const factorPairs = () => pairsOf(variant, all());
  const method = variant.training?.begin(plan, parameters, all);
  if (method === undefined) return { factorPairs };
  const penalty = method.penalty?.bind(method);
  const transformGradients = method.transformGradients?.bind(method);
  return {
    factorPairs,
    parameterGroups: (variables) => method.parameterGroups?.(variables) ?? [],
    ...(penalty ? { penalty: () => penalty(active()) } : {}),
    completeGradients: (gradients) => method.completeGradients?.(gradients, active()),
    ...(transformGradients ? { transformGradients: (gradients) => transformGradients(gradients, active()) } : {}),
    afterStep: (update) => method.afterStep?.(update, active()),
    exported: (state) => method.exported?.(state) ?? state,
    state: async () => (await method.state?.()) ?? new Map(),
    restore: (exported, tensors) => method.restore?.(exported, tensors) ?? exported,
    dispose: () => method.dispose?.(),
  };
}

/** @throws StudioError if the variant cannot be trained with the plan or its optimizer. */
export function checkTraining(variant: AdapterVariant, plan: TrainingPlan, parameters: ParameterValues): void {
  optimizerKinds[plan.optim].check?.(variant, plan);
  variant.training?.check?.(plan, parameters);
}

/** The factor pairs of all linear modules, by their names in the model. Embeddings are left out, as in PEFT. */
function pairsOf({ ranks }: AdapterVariant, modules: readonly TrainedModule[]): FactorPair[] {
  const factors = ranks?.factors;
  if (factors === undefined) return [];
  return modules.flatMap(({ module, trainedNames }) => {
    if (module.kind === 'embedding') return [];
    const [a, b] = [trainedNames.get(factors.a), trainedNames.get(factors.b)];
    return a === undefined || b === undefined ? [] : [{ a, b }];
  });
}
