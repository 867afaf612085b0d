import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { constant } from './constant.ts';
import { constantWithWarmup } from './constant-with-warmup.ts';
import { cosine } from './cosine.ts';
import type { LearningRateSchedule } from './learning-rate-schedule.ts';
import { linear } from './linear.ts';

/** All schedules by their names in Transformers' `lr_scheduler_type`. */
export const learningRateSchedules: Record<RunConfig['lr_scheduler_type'], LearningRateSchedule> = {
  linear,
  cosine,
  constant,
  constant_with_warmup: constantWithWarmup,
};

/** Transformers' rule: a number of steps from 1 on, below 1 a share of all steps, rounded up. */
export function warmupStepCount(warmupSteps: number, totalSteps: number): number {
  return warmupSteps >= 1 ? Math.floor(warmupSteps) : Math.ceil(warmupSteps * totalSteps);
}
