import { createHash } from 'node:crypto';
import { lstat, mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import {
  type BundleJob,
  type HashedFile,
  type ResultManifest,
  type ResultRun,
  resultManifestSchema,
  resultRunSchema,
} from '../../../src-shared/domain/bundle.ts';
import { fileLimits, openRegularFile, readBounded } from '../../files/foreign-file.ts';
import { type Bundle, resultFolder, resultNames } from './bundle-files.ts';

/** The manifest of a job's result; null where there is none yet. @throws StudioError for one that is torn, or another bundle's */
export async function readManifest(bundle: Bundle, job: BundleJob): Promise<ResultManifest | null> {
  const folder = resultFolder(bundle.folder, job.runId);
  const there = await lstat(folder).catch(() => null);
  if (there === null) return null;
  if (!there.isDirectory()) throw refusedResult(job, 'it is no folder');
  const manifest = await readJson(join(folder, resultNames.manifest), resultManifestSchema, job);
  const { study } = bundle;
  if (manifest.bundle !== study.id || manifest.run !== job.runId || manifest.index !== job.index)
    throw refusedResult(job, 'its manifest is that of another bundle or run');
  if (manifest.program.version !== study.program.version)
    throw refusedResult(
      job,
      `version ${manifest.program.version} trained it, and the bundle was written by ${study.program.version}`,
    );
  return manifest;
}

/**
 * Copies the files that a manifest names, and holds each to its size and SHA-256; those below `adapter/` go to a folder of their
 * own.
 * @throws StudioError invalid_file naming the first that differs
 */
export async function copyResult(
  bundle: Bundle,
  job: BundleJob,
  manifest: ResultManifest,
  to: { readonly adapter: string; readonly run: string },
): Promise<void> {
  const folder = resultFolder(bundle.folder, job.runId);
  await requireNoOthers(folder, job, manifest);
  const made = new Set<string>();
  for (const file of manifest.files) {
    const target = targetOf(file.path, to);
    if (target !== null && !made.has(dirname(target))) {
      await mkdir(dirname(target), { recursive: true });
      made.add(dirname(target));
    }
    await copyVerified(join(folder, file.path), target, file, job);
  }
}

/** Null: it is verified and not kept. */
function targetOf(path: string, to: { readonly adapter: string; readonly run: string }): string | null {
  const [first = '', ...rest] = path.split('/');
  if (first === resultNames.adapter) return join(to.adapter, ...rest);
  return keptFolders.has(first) ? join(to.run, path) : null;
}

/** What `run.json` of a verified result says. */
export function readResultRun(bundle: Bundle, job: BundleJob): Promise<ResultRun> {
  return readJson(join(resultFolder(bundle.folder, job.runId), resultNames.run), resultRunSchema, job);
}

/** A file that the manifest does not name was not verified by anybody. */
async function requireNoOthers(folder: string, job: BundleJob, { files }: ResultManifest): Promise<void> {
  const named = new Set(files.map(({ path }) => path));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .split(sep)
      .join('/');
    if (path !== resultNames.manifest && !named.has(path))
      throw refusedResult(job, `its manifest does not name ${path}`);
  }
}

/** Folders of a run that its database can be made of again. */
const keptFolders: ReadonlySet<string> = new Set(['history', 'samples']);
/** Files up to this size are read at once. */
const atOnce = 2 ** 22;

async function copyVerified(from: string, to: string | null, file: HashedFile, job: BundleJob): Promise<void> {
  const found = await lstat(from).catch(() => null);
  if (found === null) throw refusedResult(job, `${file.path} is missing`);
  if (!found.isFile()) throw refusedResult(job, `${file.path} is not a regular file`);
  if (found.size !== file.bytes)
    throw refusedResult(job, `${file.path} has ${found.size} bytes in place of ${file.bytes}`);
  const hash = createHash('sha256');
  const source = await openRegularFile(from);
  let target: Awaited<ReturnType<typeof open>> | null = null;
  try {
    target = to === null ? null : await open(to, 'wx');
    const writer = target;
    if (file.bytes <= atOnce) {
      const bytes = await source.readFile();
      hash.update(bytes);
      await writer?.writeFile(bytes);
    } else
      await pipeline(source.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 }), async (pieces) => {
        for await (const piece of pieces) {
          hash.update(piece);
          await writer?.write(piece);
        }
      });
    if (hash.digest('hex') !== file.sha256) throw refusedResult(job, `${file.path} has another SHA-256`);
    await writer?.sync();
  } finally {
    await source.close();
    await target?.close();
  }
}

async function readJson<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  job: BundleJob,
): Promise<z.output<Schema>> {
  const name = path.slice(dirname(path).length + 1);
  let value: unknown;
  try {
    value = JSON.parse(await readBounded(path, fileLimits.config));
  } catch {
    throw refusedResult(job, `${name} is missing or torn`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refusedResult(job, `${name} is not valid (${describeIssues(parsed.error)})`);
}

export function refusedResult({ index, title }: BundleJob, why: string): StudioError {
  return new StudioError(
    'invalid_file',
    `The result of job ${index} ("${title}") is refused: ${why}.`,
    'Remove its folder and run the job again.',
  );
}
