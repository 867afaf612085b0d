import { z } from 'zod';

/** An adapter by id, or by the run that will have produced it by the time it is needed. */
export const adapterReferenceSchema = z.union([z.object({ adapterId: z.string() }), z.object({ runId: z.string() })]);
export type AdapterReference = z.infer<typeof adapterReferenceSchema>;
