import { z } from 'zod';
import { computeChoiceSchema } from '../../src-shared/domain/app/catalog.ts';
import { datasetSourceSchema } from '../../src-shared/domain/data/dataset.ts';
import { routeScoreSchema } from '../../src-shared/domain/merging/route.ts';
import { parameterValuesSchema } from '../../src-shared/domain/parameters/parameter.ts';
import { runConfigSchema, runResultSchema } from '../../src-shared/domain/runs/run.ts';
import { runInfoSchema } from '../../src-shared/domain/runs/run-info.ts';
import { taskSettingsSchema } from '../../src-shared/domain/runs/task.ts';

/** Compute backend and threads of a task. Default: one thread per core; ignored by single-threaded backends. */
export const computeFields = { compute: computeChoiceSchema, threads: z.number().int().min(1).optional() };
export const weightedFolder = z.object({ directory: z.string(), weight: z.number() });
/** The PEFT folder of the adapter that the run's `init_adapter` names. */
export const seedField = { initAdapterDirectory: z.string().optional() };
/** Folders for measuring forgetting: the bundled neutral inputs, and a cache of what bases make of them. */
export const forgettingTaskSchema = z.object({ neutral: z.string(), cache: z.string() });
export type ForgettingTask = z.infer<typeof forgettingTaskSchema>;
/** Absent: forgetting is not measured. */
export const forgettingField = { forgetting: forgettingTaskSchema.optional() };
export const endings = z.enum(['completed', 'paused', 'stopped', 'cancelled']);
/** One run of a training. */
export const runFields = {
  config: runConfigSchema,
  /** The run's own folder: the engine writes checkpoints/<name>/ below it, each a PEFT folder and its resume state. */
  runDirectory: z.string(),
  ...seedField,
  /** A checkpoint folder to resume from. */
  resumeFrom: z.string().nullable(),
  /** Difference of dataset or base to the checkpoint's, if the run is resumed in spite of it. */
  acceptedChange: z.string().optional(),
  /** Rows of the dataset; null: unknown. */
  datasetRows: z.number().int().nullish(),
  /** Compute dtype before a resumption: `auto` keeps it, for bitwise equal results. */
  earlierDtype: runInfoSchema.shape.computeDtype.nullable(),
};
export const runOutcomeFields = {
  outcome: endings,
  result: runResultSchema.nullable(),
  /** The resulting PEFT folder (last or best); null if the run was paused or cancelled. */
  adapterDirectory: z.string().nullable(),
  adapterStep: z.number().int().nullable(),
};
/** Datasets and adapters that the subjects of a task name. */
export const subjectFields = {
  /** Datasets for scoring, and those for tuning merges; subjects name them by id. */
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

/** Fields of a task that scores routers among adapters of one base. */
export const routeFields = {
  modelDirectory: z.string(),
  adapters: z
    .array(
      z.object({
        directory: z.string(),
        name: z.string(),
        /** Index of its dataset; null: none that is known. */
        dataset: z.number().int().nullable(),
      }),
    )
    .min(2),
  datasets: z.array(datasetSourceSchema.extend({ settings: taskSettingsSchema.prefault({}), name: z.string() })),
  /** Indices of the datasets to score. */
  scored: z.array(z.number().int()).min(1),
  routers: z.array(z.object({ id: z.string(), parameters: parameterValuesSchema })).min(1),
  eval_samples: z.number().int(),
  /** Training rows of each adapter's dataset, for routers that are fitted to them. */
  tuning_samples: z.number().int(),
};
/** Scores of routers by scored datasets. */
export const routeScores = { scores: z.array(z.array(routeScoreSchema)) };
