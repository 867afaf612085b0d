import { z } from 'zod';
import { datasetRecordSchema } from '../../../src-shared/domain/data/dataset.ts';
import { modelRecordSchema } from '../../../src-shared/domain/models/model.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { activationMasksSchema, metricColumnSchema } from '../../../src-shared/domain/runs/run-history.ts';
import { runSamplesSchema } from '../../../src-shared/domain/runs/run-samples.ts';
import {
  bundleInputSchema,
  bundleJobSchema,
  bundleStudySchema,
  collectedSchema,
  resultManifestSchema,
  resultRunSchema,
} from '../../../src-shared/domain/targets/bundle.ts';
import { adapterFactsSchema } from './adapter-schemas.ts';

const folder = z.string().describe("the bundle's");
const refused = z.object({ kind: z.literal('refused'), message: z.string() });

/** The bundle whose results are read. */
const ofBundle = { folder, study: bundleStudySchema.pick({ id: true, program: true }) };

const copiedResultSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('copied'),
    facts: adapterFactsSchema,
    leftOut: z.array(z.string()).describe('files that the manifest names and no result has'),
  }),
  refused,
]);

const resultRowsSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('read'),
    history: z.array(
      z.object({ step: z.number().int(), columns: z.array(metricColumnSchema), masks: z.array(activationMasksSchema) }),
    ),
    samples: runSamplesSchema.nullable(),
  }),
  refused,
]);
export type ResultRows = z.infer<typeof resultRowsSchema>;

const resultHeadSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none'), config: runConfigSchema }),
  z.object({ kind: z.literal('found'), manifest: resultManifestSchema, run: resultRunSchema.nullable() }),
  refused,
]);
export type ResultHead = z.infer<typeof resultHeadSchema>;

/** A result that is copied into the home. */
const copyRequestSchema = z.strictObject({
  job: bundleJobSchema,
  manifest: resultManifestSchema,
  config: runConfigSchema,
  model: z.int().describe('its place in the list of models'),
  dataset: z.int(),
  adapterFolder: z.string(),
  runFolder: z.string(),
});
export type CopyRequest = z.infer<typeof copyRequestSchema>;

const rowsRequestSchema = z.strictObject({
  job: bundleJobSchema,
  runFolder: z.string(),
  steps: z.int().describe('that the run plans'),
  columns: z.int().describe('the most metrics that it may have'),
});
export type RowsRequest = z.infer<typeof rowsRequestSchema>;

/** Readings of bundles and of the results that other machines have written into them. */
export const bundleReadings = {
  /** study.json and inputs.json, with the SHA-256 that an unchanged bundle has as its id. */
  bundle: {
    input: z.strictObject({ folder }),
    output: z.object({ study: bundleStudySchema, inputs: z.array(bundleInputSchema), contentId: z.string() }),
  },
  /** The YAML of a job. */
  jobRun: { input: z.strictObject({ folder, job: bundleJobSchema }), output: runConfigSchema },
  /** Manifest and run.json of each job; of a job without a result the run that it plans. */
  resultHeads: {
    input: z.strictObject({
      ...ofBundle,
      jobs: z.array(bundleJobSchema.extend({ isKnown: z.boolean().describe('only its manifest is needed') })),
    }),
    output: z.array(resultHeadSchema),
  },
  /** The last failure of each of these jobs, where it has any. */
  failedAttempts: {
    input: z.strictObject({ ...ofBundle, jobs: z.array(bundleJobSchema.pick({ index: true, runId: true })) }),
    output: collectedSchema.shape.failed,
  },
  /** Copies results into folders of the home, and checks each file and tensor. */
  copyResults: {
    input: z.strictObject({
      folder,
      models: z.array(modelRecordSchema.shape.description),
      datasets: z.array(datasetRecordSchema.shape.description),
      results: z.array(copyRequestSchema),
    }),
    output: z.array(copiedResultSchema),
  },
  /** History and samples of copied results: of the first at least, and of as many as fit into memory together. */
  resultRows: {
    input: z.strictObject({ results: z.array(rowsRequestSchema).min(1) }),
    output: z.array(resultRowsSchema).min(1),
  },
} as const;

export type CopiedResult = z.infer<typeof copiedResultSchema>;
export type BundleContent = z.infer<(typeof bundleReadings)['bundle']['output']>;
