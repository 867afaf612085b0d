import { z } from 'zod';
import { errorValueSchema } from '../../contract/errors.ts';
import { studyConfigSchema } from '../../studies/index.ts';
import { settingsSchema } from '../app/catalog.ts';
import { parameterValuesSchema } from '../parameters/parameter.ts';
import { runConfigSchema, runResultSchema } from '../runs/run.ts';
import { runInfoSchema } from '../runs/run-info.ts';

/** Must be raised whenever the files of a bundle or of a result change: others are refused. */
export const bundleFormat = 1;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** Name of a result's folder. */
export const bundleRunIdSchema = z.string().regex(/^[0-9a-f]{32}$/);
/** Maximum number of runs of a bundle. */
export const maxBundleJobs = 50_000;
/** A time in milliseconds, as the database stores it. */
const time = z.number().int().min(0).max(8.64e15);
/** A path below a folder, with forward slashes: never out of it. */
const innerPath = z
  .string()
  .max(512)
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part)),
    'is no path below its folder',
  );
const fileSchema = z.object({ path: innerPath, sha256: hash, bytes: z.number().int().min(0) });
export type HashedFile = z.infer<typeof fileSchema>;

/** A base or a dataset that runs of a bundle need. */
export const bundleInputSchema = z.object({
  role: z.enum(['model', 'dataset']),
  id: z.string().min(1).describe('by which the runs name it'),
  name: z.string(),
  sha256: hash.describe('of the lines that sha256sum writes of its files, by their paths below the folder'),
  bytes: z.number().int().min(0),
  fingerprint: z.string().nullable().describe('of a base: SHA-256 over config.json and the weights'),
  source: z
    .object({ reader: z.string(), options: parameterValuesSchema, testFile: innerPath.nullable() })
    .nullable()
    .describe('how a dataset is read'),
  main: innerPath.describe('the folder or file that is read, below where the files are'),
  place: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('bundled') }),
      z.object({ kind: z.literal('blobs') }),
      z.object({ kind: z.literal('in-place'), folder: z.string(), testFolder: z.string().nullable() }),
    ])
    .describe('comes with the app, lies in the bundle by its hash, or on a disk that every machine has'),
  files: z.array(fileSchema).min(1),
});
export type BundleInput = z.infer<typeof bundleInputSchema>;

/** `inputs.json`. */
export const bundleInputsSchema = z.object({ format: z.literal(bundleFormat), inputs: z.array(bundleInputSchema) });

export const bundleJobSchema = z.object({
  index: z.number().int().min(0),
  runId: bundleRunIdSchema.describe('hash of the settings, the inputs and the version of the program'),
  title: z.string(),
  file: innerPath.describe("the run's YAML"),
});
export type BundleJob = z.infer<typeof bundleJobSchema>;

/** `study.json`. */
export const bundleStudySchema = z.object({
  format: z.literal(bundleFormat),
  id: hash.describe('hash of the study, its jobs and their inputs'),
  program: z.object({ name: z.string(), version: z.string() }),
  createdAt: z.number(),
  name: z.string(),
  config: studyConfigSchema,
  computeBackend: z.string().nullable().describe('that the runs take here, unless they name one; null: none was known'),
  settings: settingsSchema.pick({ forgetting: true }),
  jobs: z.array(bundleJobSchema).min(1).max(maxBundleJobs),
});
export type BundleStudy = z.infer<typeof bundleStudySchema>;

/** A line of `progress.jsonl`. */
export const bundleProgressSchema = z.object({
  attempt: z.string(),
  at: z.number(),
  phase: z.string(),
  step: z.number().int(),
  steps: z.number().int().describe('0: not known yet'),
  loss: z.number().nullable(),
  etaSeconds: z.number().nullable(),
});
export type BundleProgress = z.infer<typeof bundleProgressSchema>;

/** `manifest.json` of a result: it is written last, and names every other file. */
export const resultManifestSchema = z.object({
  format: z.literal(bundleFormat),
  bundle: hash,
  run: bundleRunIdSchema,
  index: z.number().int().min(0),
  attempt: z.string().min(1).max(64),
  host: z.string(),
  program: z.object({ name: z.string(), version: z.string() }),
  computeBackend: z.string(),
  resumed: z
    .object({ attempt: z.string(), step: z.number().int() })
    .nullable()
    .default(null)
    .describe('the attempt whose checkpoint it went on from, and where'),
  startedAt: z.number(),
  finishedAt: z.number(),
  files: z.array(fileSchema).min(1).max(1000),
});
export type ResultManifest = z.infer<typeof resultManifestSchema>;

/** `run.json` of a result. */
export const resultRunSchema = z.object({
  format: z.literal(bundleFormat),
  config: runConfigSchema,
  step: z.number().int(),
  facts: runInfoSchema.nullable(),
  result: runResultSchema,
  adapter: z.object({
    checkpoint: z.enum(['last', 'best', 'step']),
    step: z.number().int(),
    accuracy: z.number().nullable(),
    metrics: z.record(z.string(), z.number()),
  }),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  log: z.array(z.object({ at: time, level: z.string(), text: z.string() })).max(100_000),
});
export type ResultRun = z.infer<typeof resultRunSchema>;

/** `<run>.failed-<attempt>.json`. */
export const failedAttemptSchema = z.object({
  format: z.literal(bundleFormat),
  bundle: hash,
  run: bundleRunIdSchema,
  index: z.number().int().min(0),
  attempt: z.string(),
  host: z.string(),
  at: z.number(),
  error: errorValueSchema,
});
export type FailedAttempt = z.infer<typeof failedAttemptSchema>;

/** Result of one worker. */
export const workedSchema = z.object({
  run: bundleRunIdSchema,
  title: z.string(),
  outcome: z.enum(['trained', 'there already', 'another was first']),
  folder: z.string().describe("the result's"),
});
export type Worked = z.infer<typeof workedSchema>;

/** Results collected from a bundle. */
export const collectedSchema = z.object({
  bundle: hash,
  name: z.string(),
  jobs: z.number().int(),
  imported: z.number().int().describe('results that are new here'),
  known: z.number().int().describe('jobs whose run was here before'),
  others: z.number().int().describe('of these, results of another attempt: they are recorded and not used'),
  missing: z.array(z.number().int()).describe('indices of jobs without a result that counts'),
  refused: z.array(z.object({ index: z.number().int(), message: z.string() })),
  failed: z.array(z.object({ index: z.number().int(), attempts: z.number().int(), message: z.string() })),
});
export type Collected = z.infer<typeof collectedSchema>;
