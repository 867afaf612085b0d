import { z } from 'zod';
import { jobRecordSchema } from '../jobs/job.ts';
import { benchmarkRequestSchema } from './benchmark.ts';

/** A job that ran tasks, runs them or waits, with what it was asked. */
export const benchmarkRecordSchema = z.object({
  job: jobRecordSchema,
  request: benchmarkRequestSchema,
  names: z.array(z.string()).describe('of the columns when it was started: an adapter may be gone since'),
});
export type BenchmarkRecord = z.infer<typeof benchmarkRecordSchema>;
