import { z } from 'zod';
import { metricIds } from '../../metrics/index.ts';
import { sampleSettings } from './run-samples.ts';

/** Age in minutes at which the latest checkpoint of a training is replaced; 0: never by time. */
export const saveMinutes = z.number().min(0).default(2);

/** Settings of a run's evaluations, of the checkpoints that they choose between, and of early stopping, in the order of its form. */
export const evaluationSettings = {
  eval_steps: z.number().int().min(0).default(0).meta({
    title: 'Eval steps',
    description: 'Number of steps between two evaluations, with all adapters active. 0 evaluates only at the end.',
    unit: 'steps',
    group: 'Optimization',
  }),
  eval_on_start: z.boolean().default(false).meta({
    title: 'Eval on start',
    description:
      'Also evaluates before the first step, as a baseline. A new adapter then scores like its base. It costs one evaluation and changes no result.',
    group: 'Optimization',
  }),
  ...sampleSettings,
  save_steps: z.number().int().min(0).default(0).meta({
    title: 'Save steps',
    description:
      'Number of steps between two checkpoints. 0 keeps only the last checkpoint and the one of the best evaluation.',
    unit: 'steps',
    advanced: true,
    group: 'Optimization',
  }),
  save_minutes: saveMinutes.meta({
    title: 'Save minutes',
    description:
      'Saves a checkpoint once the latest is this many minutes old, so that a killed run can be resumed. The next checkpoint replaces it. It changes no result. 0 turns it off.',
    unit: 'minutes',
    advanced: true,
    group: 'Optimization',
  }),
  load_best_model_at_end: z.boolean().default(false).meta({
    title: 'Load best model at end',
    description: 'Uses the checkpoint of the best evaluation as the final adapter, not the last one.',
    advanced: true,
    group: 'Optimization',
  }),
  metric_for_best_model: z
    .string()
    .trim()
    .min(1)
    .nullable()
    .default(null)
    .meta({
      title: 'Metric for best model',
      description: `Metric of the best evaluation and of early stopping. Each task has some of: ${metricIds.join(', ')}.`,
      names: 'metric',
      empty: 'the main metric of the task',
      advanced: true,
      group: 'Optimization',
    }),
  greater_is_better: z.boolean().nullable().default(null).meta({
    title: 'Greater is better',
    description: 'Whether the larger value of metric_for_best_model is the better one.',
    empty: 'as the metric says',
    advanced: true,
    group: 'Optimization',
  }),
  early_stopping_patience: z.number().int().min(0).default(0).meta({
    title: 'Early stopping patience',
    description:
      'Number of evaluations in a row without improvement that ends the training; 0 turns it off. It needs eval_steps. The schedules of the learning rate and of CoTo still cover all planned steps, so an early end in stage 1 leaves p below 1.',
    unit: 'evaluations',
    advanced: true,
    group: 'Optimization',
  }),
  early_stopping_threshold: z.number().min(0).default(0).meta({
    title: 'Early stopping threshold',
    description: 'Minimum improvement of the metric over its best value.',
    advanced: true,
    group: 'Optimization',
  }),
};
