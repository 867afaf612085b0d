import { z } from 'zod';

/** An adapter by itself, or as what a run will have made by the time it is needed. */
export const adapterReferenceSchema = z.union([z.object({ adapterId: z.string() }), z.object({ runId: z.string() })]);
export type AdapterReference = z.infer<typeof adapterReferenceSchema>;
