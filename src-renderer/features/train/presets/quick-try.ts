import type { Preset } from './preset.ts';

export const quickTry: Preset = {
  id: 'quick-try',
  label: 'Quick try',
  summary: 'Thirty short steps and a small evaluation: to see that base, data and settings work before a long run.',
  source: null,
  settings: () => ({
    max_steps: 30,
    warmup_steps: 0.1,
    per_device_train_batch_size: 8,
    gradient_accumulation_steps: 1,
    eval_samples: 100,
    eval_steps: 0,
    max_length: 128,
  }),
};
