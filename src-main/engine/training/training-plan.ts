import { schedules } from '../../../src-shared/coto/schedules/index.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { TrainingPlan } from '../adapters/variant/variant-training.ts';

/** Facts that a variant's training may depend on. */
export function trainingPlan(
  { optim, learning_rate, weight_decay, coto, adapter }: PlannedConfig,
  totalSteps: number,
): TrainingPlan {
  const unit = coto === null ? null : schedules[coto.schedule].unit;
  const isSeeded = adapter !== undefined && adapter.init_adapter !== null;
  return { totalSteps, optim, learningRate: learning_rate, weightDecay: weight_decay, unit, isSeeded };
}

interface PlannedConfig extends Pick<RunConfig, 'optim' | 'learning_rate' | 'weight_decay' | 'coto'> {
  readonly adapter?: Pick<RunConfig['adapter'], 'init_adapter'>;
}
