import type { LearningRateSchedule } from './learning-rate-schedule.ts';

/** Transformers' `get_constant_schedule`: no warm-up, whatever `warmup_steps` says. */
export const constant: LearningRateSchedule = {
  id: 'constant',
  label: 'Constant',
  summary: 'The same rate from the first step to the last; warm-up is ignored.',
  factor: () => 1,
};
