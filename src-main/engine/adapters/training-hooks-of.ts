import { checkTraining } from '../training/check-training.ts';
import { pairsOf } from '../training/optimizers/factor-pairs.ts';
import type { TrainingHooks } from '../training/training-hooks.ts';
import type { AdapterState } from './state.ts';
import type { TrainedModule, TrainingPlan } from './variant-training.ts';

/**
 * What a variant does in a training by `plan`, on modules that are asked for each time: all, and those of the step.
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
