import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { optimizerKinds } from '../optimizers/index.ts';
import type { AdapterVariant } from './variant.ts';
import type { TrainingPlan } from './variant-training.ts';

/** @throws StudioError if the variant cannot be trained with the plan or its optimizer. */
export function checkTraining(variant: AdapterVariant, plan: TrainingPlan, parameters: ParameterValues): void {
  optimizerKinds[plan.optim].check?.(variant, plan);
  variant.training?.check?.(plan, parameters);
}
