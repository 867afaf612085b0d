import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import {
  type BundleInput,
  type BundleJob,
  bundleFormat,
  bundleInputsSchema,
  bundleStudySchema,
} from '../../../src-shared/domain/targets/bundle.ts';
import { readBelow } from '../../files/foreign-file.ts';
import { adapterFiles } from '../library/adapters/adapter-files.ts';
import { canonicalJson } from '../library/content-keys.ts';
import type { BundleContent } from '../reading/bundle-schemas.ts';
import { bundleLimits } from '../reading/limits.ts';
import { fromYaml } from '../runs/run-yaml.ts';
import type { Services } from '../services/services.ts';

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

/** Files of a run's history and samples, by their folder in a result. */
export const rowFiles = {
  history: /^history\/\d{6,}\.json\.gz$/,
  samples: /^samples\/(inputs|\d{8,})\.json\.gz$/,
} as const;

/** Returns true for a path that a result can have besides its manifest. */
export function isResultFile(path: string): boolean {
  if (path === resultNames.run || path === resultNames.progress) return true;
  const isRows = Object.values(rowFiles).some((pattern) => pattern.test(path));
  return isRows || adapterFiles.some((name) => path === `${resultNames.adapter}/${name}`);
}

/** Program that writes a bundle or a result. */
export const program = { name: packageJson.name, version: packageJson.version } as const;

/** A bundle that was read. */
export interface Bundle extends BundleContent {
  readonly folder: string;
}

/**
 * Reads a bundle's study and inputs in the reader.
 * @throws StudioError naming the file, for a folder that is no bundle, or one of another format
 */
export async function readBundle({ reader }: Pick<Services, 'reader'>, folder: string): Promise<Bundle> {
  return { folder, ...(await reader.read('bundle', { folder })) };
}

/** Reads study.json and inputs.json of a bundle. Errors as `readBundle`. */
export async function parseBundle(folder: string): Promise<BundleContent> {
  const study = await readJson(folder, bundleNames.study, bundleStudySchema, bundleLimits.study);
  const inputs = await readJson(folder, bundleNames.inputs, bundleInputsSchema, bundleLimits.inputs);
  // The id covers the values of the file itself: a later version may fill in other defaults.
  return {
    study: study.parsed,
    inputs: inputs.parsed.inputs,
    contentId: contentIdOf(study.value, inputs.parsed.inputs),
  };
}

const identitySchema = z.object({
  program: z.unknown(),
  name: z.unknown(),
  config: z.unknown(),
  computeBackend: z.unknown(),
  settings: z.unknown(),
  jobs: z.unknown(),
});

/** SHA-256 of a study, its jobs and their inputs: the id of the bundle. */
export function contentIdOf(study: unknown, inputs: readonly BundleInput[]): string {
  const { program, name, config, computeBackend, settings, jobs } = identitySchema.parse(study);
  const content = { program, name, config, computeBackend, settings, jobs };
  const identity = canonicalJson([content, inputs.map(({ role, id, sha256 }) => ({ role, id, sha256 }))]);
  return createHash('sha256').update(identity).digest('hex');
}

/** @throws StudioError invalid_file for a bundle whose study is not the one that its id names */
export function requireUnchanged({ folder, study, contentId }: Bundle): void {
  if (contentId === study.id) return;
  throw new StudioError(
    'invalid_file',
    `The study in ${join(folder, bundleNames.study)} is not the one that the bundle was written with: its content does not have the SHA-256 of its id.`,
    'Put back study.json and inputs.json as coto study bundle wrote them, or write the bundle again.',
  );
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

async function readJson<Schema extends z.ZodType>(
  folder: string,
  name: string,
  schema: Schema,
  limit: number,
): Promise<{ readonly value: unknown; readonly parsed: z.output<Schema> }> {
  const path = join(folder, name);
  const value = parsedJson(await textOf(folder, name, limit), path);
  const { format } = Object(value);
  if (typeof format === 'number' && format !== bundleFormat)
    throw new StudioError(
      'refused',
      `${path} has the format ${format} of another version of CoTo Studio, and this one reads format ${bundleFormat}.`,
      'Use the version that wrote the bundle, or write it again.',
    );
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value, parsed: parsed.data };
  throw new StudioError(
    'invalid_file',
    `${path} is not valid: ${describeIssues(parsed.error)}.`,
    'Write the bundle again: coto study bundle.',
  );
}

async function textOf(folder: string, name: string, limit: number): Promise<string> {
  try {
    return await readBelow(folder, name, limit);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR')))
      throw thrown;
    throw new StudioError(
      'not_found',
      `${folder} is no bundle: there is no ${join(folder, name)}.`,
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

/**
 * Parses the YAML of a job. Errors name the file and the line, and quote nothing of it.
 * @throws StudioError invalid_file
 */
export async function parseJobRun(folder: string, { file }: BundleJob): Promise<RunConfig> {
  let text: string;
  try {
    text = await readBelow(folder, file, bundleLimits.yaml);
  } catch (thrown) {
    if (thrown instanceof StudioError) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? ` (${thrown.code})` : '';
    throw new StudioError(
      'invalid_file',
      `The bundle lacks ${join(folder, file)}${code}.`,
      'Copy the whole bundle, or write it again.',
    );
  }
  try {
    return fromYaml(text);
  } catch (thrown) {
    const line = thrown instanceof StudioError ? /at line \d+/.exec(thrown.message)?.[0] : undefined;
    throw new StudioError(
      'invalid_file',
      `${join(folder, file)} is not the YAML of a run${line === undefined ? '' : `: it cannot be read ${line}`}.`,
      'Copy the whole bundle, or write it again.',
    );
  }
}
