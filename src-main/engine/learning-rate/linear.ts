import { type LearningRateSchedule, warmupFactor } from './learning-rate-schedule.ts';

/** Transformers' `get_linear_schedule_with_warmup`: warm-up, then a straight line to 0 at the last step. */
export const linear: LearningRateSchedule = {
  id: 'linear',
  label: 'Linear',
  summary: 'Warm-up, then a straight line down to 0.',
  factor: (step, { warmupSteps, totalSteps }) =>
    warmupFactor(step, warmupSteps) ?? Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps)),
};
