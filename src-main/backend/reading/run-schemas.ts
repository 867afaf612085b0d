import { z } from 'zod';
import { requests } from '../../../src-shared/contract/requests.ts';
import { datasetRecordSchema } from '../../../src-shared/domain/dataset.ts';
import { modelRecordSchema } from '../../../src-shared/domain/model.ts';
import { runConfigSchema } from '../../../src-shared/domain/run.ts';

/** The part of an estimate that the config, the model and the data give. */
export const runCostSchema = requests['runs.estimate'].output.pick({
  trainableParameters: true,
  totalSteps: true,
  groups: true,
  targetModules: true,
  trainExamples: true,
  memory: true,
  diskBytes: true,
});
export type RunCost = z.infer<typeof runCostSchema>;

/** Runs with the places of their models and datasets in lists. */
export function runsSchema<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject({
    models: z.array(modelRecordSchema.pick({ path: true, description: true })),
    datasets: z.array(datasetRecordSchema.shape.description),
    runs: z.array(z.strictObject({ config: runConfigSchema, model: z.int(), dataset: z.int(), ...shape })),
  });
}
