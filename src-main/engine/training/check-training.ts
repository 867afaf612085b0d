import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { AdapterVariant } from '../adapters/variant.ts';
import type { TrainingPlan } from '../adapters/variant-training.ts';
import { optimizerKinds } from './optimizers/index.ts';

/** @throws StudioError if the variant cannot be trained with the plan or its optimizer. */
export function checkTraining(variant: AdapterVariant, plan: TrainingPlan, parameters: ParameterValues): void {
  optimizerKinds[plan.optim].check?.(variant, plan);
  variant.training?.check?.(plan, parameters);
}
