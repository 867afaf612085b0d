import { z } from 'zod';
import { runConfigSchema } from '../runs/run.ts';

/** An adapter by id, or by the run that will have produced it by the time it is needed. */
export const adapterReferenceSchema = z.union([z.object({ adapterId: z.string() }), z.object({ runId: z.string() })]);
export type AdapterReference = z.infer<typeof adapterReferenceSchema>;

const trainedAdapterSchema = z.strictObject({
  run: runConfigSchema,
  name: z.string().min(1).optional().describe('name of the run, if it is trained; its content decides whether it is'),
});

/**
 * An adapter of a study: one that exists or is being made, or the one of a run, which the study trains unless a completed run
 * of the same content exists.
 */
export const plannedAdapterSchema = z.union([...adapterReferenceSchema.options, trainedAdapterSchema], {
  error: 'this is no adapter: give adapterId, runId, or run with the settings of a run',
});
export type PlannedAdapter = z.infer<typeof plannedAdapterSchema>;
