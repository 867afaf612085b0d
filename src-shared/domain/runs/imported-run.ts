import { z } from 'zod';

/** Source of a run that another program trained. */
export const runOriginSchema = z.object({
  format: z.enum(['tensorboard', 'trackio', 'trainer-state']),
  path: z.string().describe('the file or folder that was imported'),
  /** The name of the run in it. */
  run: z.string(),
  /** Settings that are recorded with it, by their names there. */
  settings: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
});
export type RunOrigin = z.infer<typeof runOriginSchema>;

export const runFormatLabels: Readonly<Record<RunOrigin['format'], string>> = {
  tensorboard: 'TensorBoard',
  trackio: 'Trackio',
  'trainer-state': 'trainer_state.json',
};
