import { type LearningRateSchedule, warmupFactor } from './learning-rate-schedule.ts';

/** Transformers' `get_constant_schedule_with_warmup`. */
export const constantWithWarmup: LearningRateSchedule = {
  id: 'constant_with_warmup',
  label: 'Constant with warm-up',
  summary: 'Warm-up, then the same rate to the end.',
  factor: (step, { warmupSteps }) => warmupFactor(step, warmupSteps) ?? 1,
};
