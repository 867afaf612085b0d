import { z } from 'zod';
import { errorCodeSchema } from '../../contract/error-code.ts';
import { StudioError } from '../../contract/errors.ts';
import { benchmarkResultSchema } from '../evaluation/benchmark.ts';
import { classificationResultSchema } from '../evaluation/classification.ts';
import { evaluationResultSchema, mergeMatrixSchema } from '../evaluation/evaluation.ts';
import { forgettingSchema } from '../evaluation/forgetting.ts';
import { generationResultSchema } from '../generation/generation.ts';
import { embeddingResultSchema } from '../generation/text-embeddings.ts';
import { routeResultSchema } from '../merging/route.ts';
import { placedTokenSchema } from '../models/new-tokens.ts';
import { pretrainResultSchema } from '../runs/pretrain.ts';
import { runResultSchema } from '../runs/run.ts';
import { studyPackageSchema } from '../studies/study-package.ts';
import { bundleStudySchema, collectedSchema } from '../targets/bundle.ts';
import { jobProgressSchema } from './job-progress.ts';

/**
 * Lanes of jobs: one job of a lane runs at a time. `compute` needs the engine, `files` moves files, `data` reads a
 * dataset or recorded runs to add them (small ones immediately), `studies` computes nothing itself and leads other
 * jobs, `targets` waits for other machines, `reports` writes from existing results.
 */
export const jobLanes = ['compute', 'files', 'data', 'studies', 'targets', 'reports'] as const;
export type JobLane = (typeof jobLanes)[number];

/** Public properties of a kind of job; its implementation is <kind>-job.ts in the folder of its domain in backend/. */
export interface JobInfo {
  readonly lane: JobLane;
  /** The page of the window that shows what comes of it, and whether that page has a place for the subject itself. */
  readonly page: string;
  readonly subjectHasPage: 'always' | 'when completed' | 'never';
  /** Behavior when the studio closes: the job saves and pauses, is given time to finish, or ends at once. */
  readonly atClose: 'pause' | 'finish' | 'end';
  /** True if the job can resume after an interruption or a pause; dependent jobs then keep waiting. */
  readonly resumable: boolean;
  /** Rough duration relative to other kinds, to estimate the remaining time of several jobs. */
  readonly effort: number;
}

function job<const Kind extends string, Result extends z.ZodType>(
  kind: Kind,
  facts: Pick<JobInfo, 'page' | 'effort'> & Partial<JobInfo>,
  result: Result,
) {
  const usual = { lane: 'compute', subjectHasPage: 'never', atClose: 'end', resumable: false } as const;
  const answer = z.object({ kind: z.literal(kind), result: result.nullable() });
  return { kind, answer, ...usual, ...facts };
}

const endings = ['completed', 'paused', 'stopped', 'cancelled'] as const;

/** Every kind of job with the schema of its kept result. A job that was not completed may have none. */
const kinds = [
  job(
    'train',
    { page: 'runs', subjectHasPage: 'always', atClose: 'pause', resumable: true, effort: 4 },
    z.object({
      outcome: z.enum(endings),
      result: runResultSchema.nullable(),
      adapterStep: z.number().int().nullable(),
    }),
  ),
  job(
    'time-steps',
    { page: 'train', effort: 0.1 },
    z.object({ milliseconds: z.number().describe('of an optimizer step, without CoTo'), steps: z.number().int() }),
  ),
  job('evaluate', { page: 'adapters', subjectHasPage: 'always', effort: 1 }, evaluationResultSchema),
  job('benchmark', { page: 'studies/benchmarks', effort: 2 }, benchmarkResultSchema),
  job(
    'merge',
    { page: 'merge', effort: 1 },
    z.object({
      adapterId: z.string().nullable(),
      matrix: mergeMatrixSchema,
      notes: z.array(z.string()).optional().describe('sentences of the method on what it found'),
    }),
  ),
  job(
    'prune',
    { page: 'prune', effort: 1 },
    z.object({
      adapterId: z.string(),
      kept: z.number().int(),
      total: z.number().int(),
      /** Before and after; null where it was not measured. */
      forgetting: z.object({ unpruned: forgettingSchema, pruned: forgettingSchema }).nullable().default(null),
    }),
  ),
  job('route', { page: 'merge', effort: 1 }, routeResultSchema),
  job(
    'study',
    { page: 'studies', lane: 'studies', subjectHasPage: 'always', atClose: 'pause', resumable: true, effort: 3 },
    z.object({ studyId: z.string() }),
  ),
  job(
    'train-on-target',
    { page: 'studies', lane: 'targets', atClose: 'pause', resumable: true, effort: 4 },
    z.object({ folder: z.string().describe('the bundle'), imported: z.number().int() }),
  ),
  job('score', { page: 'studies', effort: 2 }, z.object({ scored: z.number().int() })),
  job('mergeability', { page: 'studies', effort: 0.5 }, z.object({ compared: z.number().int() })),
  job('masks', { page: 'studies', effort: 2 }, z.object({ evaluated: z.number().int() })),
  job(
    'report',
    { page: 'reports', lane: 'reports', subjectHasPage: 'when completed', atClose: 'finish', effort: 0.2 },
    z.object({ reportId: z.string() }),
  ),
  job('package-study', { page: 'studies', lane: 'files', effort: 0.2 }, studyPackageSchema),
  job(
    'export',
    { page: 'home', effort: 1 },
    z.object({ path: z.string(), note: z.string().nullable().default(null).describe('what to know of the result') }),
  ),
  job(
    'convert',
    { page: 'models', lane: 'files', subjectHasPage: 'when completed', effort: 1 },
    z.object({ modelId: z.string() }),
  ),
  job(
    'add-tokens',
    { page: 'models', subjectHasPage: 'when completed', effort: 1 },
    z.object({ modelId: z.string(), tokens: z.array(placedTokenSchema) }),
  ),
  job('quantize', { page: 'models', subjectHasPage: 'when completed', effort: 1 }, z.object({ modelId: z.string() })),
  job(
    'download',
    { page: 'models', lane: 'files', subjectHasPage: 'when completed', effort: 1 },
    z.object({ modelId: z.string() }),
  ),
  job('import-adapter', { page: 'merge', effort: 0.5 }, z.object({ adapterId: z.string() })),
  job('classify', { page: 'playground', effort: 0.2 }, classificationResultSchema),
  job('generate', { page: 'playground', effort: 1 }, generationResultSchema),
  job('embed-texts', { page: 'home', effort: 0.2 }, embeddingResultSchema),
  job(
    'pretrain',
    { page: 'models', subjectHasPage: 'when completed', atClose: 'pause', effort: 10 },
    pretrainResultSchema,
  ),
  job(
    'import',
    { page: 'data', lane: 'data', subjectHasPage: 'when completed', effort: 1 },
    z.object({ datasetId: z.string() }),
  ),
  job(
    'import-runs',
    { page: 'runs', lane: 'data', effort: 1 },
    z.object({ runIds: z.array(z.string()), skipped: z.array(z.string()).describe('what could not be read') }),
  ),
  job(
    'bundle',
    // For Python it needs the engine.
    { page: 'studies', effort: 0.5 },
    bundleStudySchema.pick({ id: true, name: true, jobs: true }).extend({ folder: z.string() }),
  ),
  job('collect', { page: 'studies', lane: 'files', effort: 0.5 }, collectedSchema),
] as const;

const [firstKind, ...otherKinds] = kinds;
/** Output of `jobs.result`: the stored result of a job, typed by the job's kind. */
export const jobAnswerSchema = z.discriminatedUnion('kind', [
  firstKind.answer,
  ...otherKinds.map(({ answer }) => answer),
]);
export type JobAnswer = z.infer<typeof jobAnswerSchema>;
export type JobKind = JobAnswer['kind'];
type JobResults = { [Kind in JobKind]: NonNullable<Extract<JobAnswer, { kind: Kind }>['result']> };
export type JobResult<Kind extends JobKind> = JobResults[Kind];

/** The result of a job of that kind; null if nothing was stored or the job is of another kind. */
export function resultOf<Kind extends JobKind>(answer: JobAnswer, kind: Kind): JobResult<Kind> | null {
  const result: unknown = answer.result;
  return isResultOf(answer, kind, result) ? result : null;
}

function isResultOf<Kind extends JobKind>(answer: JobAnswer, kind: Kind, result: unknown): result is JobResult<Kind> {
  return answer.kind === kind && result !== null;
}

export const jobKindSchema = z.enum(kinds.map(({ kind }) => kind));

export function jobInfo(kind: JobKind): JobInfo {
  const found = kinds.find((known) => known.kind === kind);
  if (found === undefined) throw new RangeError(`There is no kind of job "${kind}".`);
  return found;
}

export function kindsOfLane(lane: JobLane): JobKind[] {
  return jobKindSchema.options.filter((kind) => jobInfo(kind).lane === lane);
}

export const jobRecordSchema = z.object({
  id: z.string(),
  kind: jobKindSchema,
  title: z.string(),
  status: z.enum(['queued', 'running', 'completed', 'paused', 'stopped', 'cancelled', 'failed', 'interrupted']),
  /** The subject that the job creates or continues: a run, an adapter, a study, a report, a model, a dataset. */
  subjectId: z.string().nullable(),
  parentId: z.string().nullable().default(null).describe('the parent job'),
  after: z.array(z.string()).describe('jobs that must have completed first'),
  progress: jobProgressSchema.nullable(),
  error: z
    .object({ code: z.string(), message: z.string(), hint: z.string().nullable(), field: z.string().optional() })
    .nullable(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
});
export type JobRecord = z.infer<typeof jobRecordSchema>;

/** Returns true if the job is neither running nor queued. Paused and interrupted jobs can still resume. */
export function isOver({ status }: JobRecord): boolean {
  return status !== 'queued' && status !== 'running';
}

/** Returns a job's error as an exception. */
export function jobError({ error, title, status }: JobRecord): StudioError {
  const code = errorCodeSchema.safeParse(error?.code).data ?? 'internal';
  const thrown = new StudioError(code, error?.message ?? `${title}: ${status}.`, error?.hint ?? null);
  return error?.field === undefined ? thrown : thrown.at(error.field);
}
