import { z } from 'zod';
import { requests } from '../../../src-shared/contract/requests.ts';
import { datasetRecordSchema } from '../../../src-shared/domain/data/dataset.ts';
import { modelRecordSchema } from '../../../src-shared/domain/models/model.ts';
import { runOriginSchema } from '../../../src-shared/domain/runs/imported-run.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { metricColumnSchema } from '../../../src-shared/domain/runs/run-history.ts';

/** The part of an estimate that the config, the model and the data give. */
export const runCostSchema = requests['runs.estimate'].output.pick({
  trainableParameters: true,
  totalSteps: true,
  groups: true,
  targetModules: true,
  trainExamples: true,
  memory: true,
  tensorBytes: true,
  diskBytes: true,
});
export type RunCost = z.infer<typeof runCostSchema>;

/** A module of an adapter that is not trained yet. */
export const plannedModuleSchema = z.object({
  name: z.string(),
  rank: z.number().nullable(),
  scaling: z.number(),
  parts: z.array(z.object({ name: z.string(), shape: z.array(z.number()) })),
});

/** Runs with the places of their models and datasets in lists. */
export function runsSchema<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject({
    models: z.array(modelRecordSchema.pick({ path: true, description: true })),
    datasets: z.array(datasetRecordSchema.shape.description),
    runs: z.array(z.strictObject({ config: runConfigSchema, model: z.int(), dataset: z.int(), ...shape })),
  });
}

/** A run that another program recorded. */
export const recordedRunSchema = z.object({
  name: z.string().describe('unique within what was read'),
  columns: z.array(metricColumnSchema),
  settings: runOriginSchema.shape.settings.describe('by the names of the program that recorded them'),
  startedAt: z.number().nullable().describe('milliseconds since 1970; null where the file has no times'),
  finishedAt: z.number().nullable(),
});
export type RecordedRun = z.infer<typeof recordedRunSchema>;
