import { z } from 'zod';
import { datasetSourceSchema } from '../../src-shared/domain/dataset.ts';
import { taskSettingsSchema } from '../../src-shared/domain/task.ts';

const backendChoice = z.enum(['auto', 'tensorflow', 'webgpu', 'native', 'wasm']);
/** Compute backend and threads of a task. Default: one thread per core; ignored by single-threaded backends. */
export const computeFields = { compute: backendChoice, threads: z.number().int().min(1).optional() };
export const weightedFolder = z.object({ directory: z.string(), weight: z.number() });
/** The PEFT folder of the adapter that the run's `init_adapter` names. */
export const seedField = { initAdapterDirectory: z.string().optional() };
/** Datasets and adapters that the subjects of a task name. */
export const subjectFields = {
  /** Those that are scored on, and those that merges are tuned on, which a subject names by their ids. */
  datasets: z.array(
    z.object({
      id: z.string(),
      source: datasetSourceSchema,
      settings: taskSettingsSchema.prefault({}),
      eval_samples: z.number().int(),
      /** Evaluate on as many examples held out of the training split; omitted: on the test split. */
      validation_samples: z.number().int().min(1).optional(),
    }),
  ),
  adapters: z.array(z.object({ adapterId: z.string(), directory: z.string() })),
};
