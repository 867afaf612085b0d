import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import {
  type BundleInput,
  type BundleJob,
  type BundleStudy,
  bundleFormat,
  bundleInputsSchema,
  bundleStudySchema,
} from '../../../src-shared/domain/bundle.ts';
import { fileLimits, readBounded } from '../../files/foreign-file.ts';

/** Names of what a bundle has. */
export const bundleNames = {
  study: 'study.json',
  inputs: 'inputs.json',
  script: 'job.sh',
  jobs: 'jobs',
  blobs: 'blobs/sha256',
  /** Folders made of blobs, under the names that their files had. */
  folders: 'blobs/folders',
  results: 'results',
  /** The latest checkpoint of each attempt that has not ended, or was lost. */
  checkpoints: 'checkpoints',
  /** For runs by Transformers and PEFT. */
  python: 'python',
  pythonWorker: 'job.py',
} as const;

/** Names of what a result has. */
export const resultNames = {
  manifest: 'manifest.json',
  run: 'run.json',
  progress: 'progress.jsonl',
  adapter: 'adapter',
} as const;

/** Who writes a bundle or a result. */
export const program = { name: packageJson.name, version: packageJson.version } as const;

/** A bundle that was read. */
export interface Bundle {
  readonly folder: string;
  readonly study: BundleStudy;
  readonly inputs: readonly BundleInput[];
}

/** @throws StudioError naming the file, for a folder that is no bundle, or one of another format */
export async function readBundle(folder: string): Promise<Bundle> {
  const study = await readJson(folder, bundleNames.study, bundleStudySchema);
  const { inputs } = await readJson(folder, bundleNames.inputs, bundleInputsSchema);
  return { folder, study, inputs };
}

/** @throws StudioError refused if another version of the program wrote it: its runs would not be the same ones */
export function requireSameVersion({ folder, study }: Bundle): void {
  const { version } = study.program;
  if (version === program.version) return;
  throw new StudioError(
    'refused',
    `The bundle ${folder} was written by CoTo Studio ${version}, and this is ${program.version}.`,
    `Install version ${version} here, or write the bundle again with this one: coto study bundle.`,
  );
}

/** @throws StudioError not_found */
export function requireJob({ study }: Bundle, index: number): BundleJob {
  const job = study.jobs.find((one) => one.index === index);
  if (job !== undefined) return job;
  const last = study.jobs.length - 1;
  throw new StudioError(
    'not_found',
    `The bundle has no job ${index}: its ${study.jobs.length} jobs are numbered from 0 to ${last}.`,
    'Give one of these numbers.',
  );
}

export function resultFolder(folder: string, runId: string): string {
  return join(folder, bundleNames.results, runId);
}

/** Largest file of JSON that a bundle has: 10 000 jobs and their titles take 3 MiB. */
const mostBytes = 8 * fileLimits.config;

async function readJson<Schema extends z.ZodType>(
  folder: string,
  name: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const path = join(folder, name);
  const value = parsedJson(await textOf(folder, path), path);
  const { format } = Object(value);
  if (typeof format === 'number' && format !== bundleFormat)
    throw new StudioError(
      'refused',
      `${path} has the format ${format} of another version of CoTo Studio, and this one reads format ${bundleFormat}.`,
      'Use the version that wrote the bundle, or write it again.',
    );
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StudioError(
    'invalid_file',
    `${path} is not valid: ${describeIssues(parsed.error)}.`,
    'Write the bundle again: coto study bundle.',
  );
}

async function textOf(folder: string, path: string): Promise<string> {
  try {
    return await readBounded(path, mostBytes);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR')))
      throw thrown;
    throw new StudioError(
      'not_found',
      `${folder} is no bundle: there is no ${path}.`,
      'Give the folder that coto study bundle has written.',
    );
  }
}

function parsedJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StudioError('invalid_file', `${path} is torn or no JSON.`, 'Write the bundle again: coto study bundle.');
  }
}

/** The YAML of a job. */
export async function readJobText({ folder }: Bundle, { file }: BundleJob): Promise<string> {
  return readFile(join(folder, file), 'utf8').catch((thrown: unknown) => {
    throw new StudioError(
      'invalid_file',
      `The bundle lacks ${join(folder, file)}: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
      'Copy the whole bundle, or write it again.',
    );
  });
}
