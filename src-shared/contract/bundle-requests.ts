import { z } from 'zod';
import { computeIdSchema } from '../domain/app/catalog.ts';
import { jobRecordSchema } from '../domain/jobs/job.ts';
import { studyRecordSchema } from '../domain/studies/study.ts';
import { workedSchema } from '../domain/targets/bundle.ts';
import { studyConfigSchema } from '../studies/index.ts';

const ofBundle = z.strictObject({ path: z.string().describe('the folder of a bundle') });

/** Requests about studies whose runs are trained elsewhere, as `requests` lists them. */
export const bundleRequests = {
  /** Writes what other machines need to train the runs of a study into a new folder. */
  'bundles.write': {
    input: z.strictObject({
      config: studyConfigSchema,
      name: z.string().optional(),
      path: z.string(),
      inputsInPlace: z
        .boolean()
        .default(false)
        .describe('bases and datasets stay where they are, on a disk that every machine has at the same path'),
      python: z.boolean().default(false).describe('also job.py, which trains them with Transformers and PEFT'),
    }),
    output: jobRecordSchema,
  },
  /** Trains one run of a bundle here and writes its result into the bundle. For a home that nobody else uses. */
  'bundles.work': {
    input: ofBundle.extend({
      index: z.number().int().min(0),
      computeBackend: computeIdSchema.nullable().default(null),
    }),
    output: workedSchema,
  },
  /** Imports the results of a bundle that are new here; the job's result says what came of each. */
  'bundles.collect': { input: ofBundle, output: jobRecordSchema },
  /**
   * Goes on with the study of a bundle of which something was collected: evaluates its runs, and trains those that have no result.
   * `job` is null where the study is complete.
   */
  'bundles.study': {
    input: ofBundle,
    output: z.object({ study: studyRecordSchema, job: jobRecordSchema.nullable() }),
  },
} as const;
