import { type LearningRateSchedule, warmupFactor } from './learning-rate-schedule.ts';

/** Transformers' `get_cosine_schedule_with_warmup` with half a period: warm-up, then a cosine down to 0. */
export const cosine: LearningRateSchedule = {
  id: 'cosine',
  label: 'Cosine',
  summary: 'Warm-up, then half a cosine down to 0.',
  factor: (step, { warmupSteps, totalSteps }) => {
    const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
    return warmupFactor(step, warmupSteps) ?? Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
  },
};
