import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import {
  type BundleJob,
  type BundleStudy,
  type Collected,
  failedAttemptSchema,
  type ResultManifest,
  type ResultRun,
  resultManifestSchema,
  resultRunSchema,
} from '../../../src-shared/domain/targets/bundle.ts';
import { readBelow } from '../../files/foreign-file.ts';
import type { ResultHead } from '../reading/bundle-schemas.ts';
import { bundleLimits } from '../reading/limits.ts';
import { bundleNames, parseJobRun, resultFolder, resultNames } from './bundle-files.ts';

/** The bundle that a result must be of. */
export interface ResultOf {
  readonly folder: string;
  readonly study: Pick<BundleStudy, 'id' | 'program'>;
}

/** Reads manifest and run.json of a job's result; of a job without a result the run of its YAML. */
export async function readHead(of: ResultOf, job: BundleJob & { readonly isKnown: boolean }): Promise<ResultHead> {
  return orRefused(async () => {
    const manifest = await readManifest(of, job);
    if (manifest === null) return { kind: 'none', config: await parseJobRun(of.folder, job) };
    const run = job.isKnown ? null : await readRun(of, job);
    return { kind: 'found', manifest, run };
  });
}

/** Returns a fault of a result as an answer. Other errors are thrown: a full disk, or a bug, is no fault of the result. */
export async function orRefused<Answer>(
  read: () => Promise<Answer>,
): Promise<Answer | { readonly kind: 'refused'; readonly message: string }> {
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof StudioError) || thrown.code !== 'invalid_file') throw thrown;
    return { kind: 'refused', message: thrown.message };
  }
}

/** The manifest of a job's result; null where there is none yet. @throws StudioError for one that is torn, or another bundle's */
async function readManifest({ folder, study }: ResultOf, job: BundleJob): Promise<ResultManifest | null> {
  const place = await lstat(resultFolder(folder, job.runId)).catch(() => null);
  if (place === null) return null;
  if (!place.isDirectory()) throw refusedResult(job, 'it is no folder');
  const manifest = await readJson(folder, job, resultNames.manifest, resultManifestSchema, bundleLimits.manifest);
  if (manifest.bundle !== study.id || manifest.run !== job.runId || manifest.index !== job.index)
    throw refusedResult(job, 'its manifest is that of another bundle or run');
  if (manifest.program.version !== study.program.version)
    throw refusedResult(
      job,
      `version ${manifest.program.version} trained it, and the bundle was written by ${study.program.version}`,
    );
  return manifest;
}

function readRun({ folder }: ResultOf, job: BundleJob): Promise<ResultRun> {
  return readJson(folder, job, resultNames.run, resultRunSchema, bundleLimits.run);
}

async function readJson<Schema extends z.ZodType>(
  folder: string,
  job: BundleJob,
  name: string,
  schema: Schema,
  limit: number,
): Promise<z.output<Schema>> {
  let value: unknown;
  try {
    value = JSON.parse(await readBelow(folder, `${bundleNames.results}/${job.runId}/${name}`, limit));
  } catch {
    throw refusedResult(job, `${name} is missing, torn or no regular file of at most ${limit / 2 ** 20} MiB`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refusedResult(job, `${name} is not valid (${describeIssues(parsed.error)})`);
}

export function refusedResult({ index, title }: Pick<BundleJob, 'index' | 'title'>, why: string): StudioError {
  return new StudioError(
    'invalid_file',
    `The result of job ${index} ("${title}") is refused: ${why}.`,
    'Remove its folder and run the job again.',
  );
}

type FailedJob = Pick<BundleJob, 'index' | 'runId'>;

/** The last error of each of these jobs that has failed. A file that is too large to be an error is counted and named. */
export async function readFailures(
  { folder, study }: ResultOf,
  jobs: readonly FailedJob[],
): Promise<Collected['failed']> {
  const indices = new Map(jobs.map(({ runId, index }) => [runId, index]));
  const byJob = new Map<number, { at: number; attempts: number; message: string }>();
  let left: number = bundleLimits.failures;
  for (const name of await namesIn(join(folder, bundleNames.results))) {
    const [, runId = ''] = /^([0-9a-f]{32})\.failed-[\w-]+\.json$/.exec(name) ?? [];
    const index = indices.get(runId);
    if (index === undefined) continue;
    const read = left <= 0 ? null : await readFailure(folder, name);
    left -= read?.bytes ?? 0;
    if (read?.failed !== undefined && (read.failed.bundle !== study.id || read.failed.index !== index)) continue;
    const before = byJob.get(index);
    const at = read?.failed?.at ?? 0;
    const text = read?.failed === undefined ? `${name} cannot be read` : failureText(read.failed);
    const message = before === undefined || at > before.at ? text : before.message;
    byJob.set(index, { at: Math.max(at, before?.at ?? 0), attempts: (before?.attempts ?? 0) + 1, message });
  }
  return [...byJob].map(([index, { attempts, message }]) => ({ index, attempts, message }));
}

function failureText({ error, host }: z.output<typeof failedAttemptSchema>): string {
  return `${error.message} (on ${host})`;
}

/** Null: it is no regular file of the size that an error has. */
async function readFailure(folder: string, name: string) {
  try {
    const text = await readBelow(folder, `${bundleNames.results}/${name}`, bundleLimits.failure);
    return { bytes: text.length, failed: failedAttemptSchema.safeParse(parsed(text)).data };
  } catch {
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const found = await lstat(folder).catch(() => null);
  if (found?.isDirectory() !== true) return [];
  const names: string[] = [];
  for await (const { name } of await opendir(folder)) names.push(name);
  return names;
}
