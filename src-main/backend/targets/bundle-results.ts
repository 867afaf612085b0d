import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { openBelow, readBelow } from '../../files/foreign-file.ts';
import { bundleNames, resultNames } from '../bundles/bundle-files.ts';
import { bundleLimits } from '../reading/limits.ts';

/** Fields of `study.json` needed to follow it. */
const bundleSchema = z.object({
  id: z.string(),
  jobs: z.array(z.object({ index: z.number().int().min(0), runId: z.string(), title: z.string() })),
});
export type FollowedBundle = z.infer<typeof bundleSchema> & { readonly folder: string };

const failureSchema = z.object({ error: z.object({ message: z.string(), hint: z.string().nullable().default(null) }) });
const progressSchema = z.object({ step: z.number().int(), steps: z.number().int() });

/** Progress of a run. */
export type RunProgress = z.infer<typeof progressSchema>;

/** State of a bundle's runs according to its files, which take precedence over the engine. */
export interface Results {
  readonly done: ReadonlySet<string>;
  /** Names of files by run. */
  readonly failures: ReadonlyMap<string, readonly string[]>;
  /** Folders of attempts that have not ended, by run. */
  readonly attempts: ReadonlyMap<string, readonly string[]>;
}

/** @throws the system's error where there is no bundle, ZodError where it is none */
export async function readFollowedBundle(folder: string): Promise<FollowedBundle> {
  const value: unknown = JSON.parse(await readBelow(folder, bundleNames.study, bundleLimits.study));
  return { folder, ...bundleSchema.parse(value) };
}

/** Reads the names in the results' folder, once for all runs. */
export async function readResults(folder: string): Promise<Results> {
  const done = new Set<string>();
  const failures = new Map<string, string[]>();
  const attempts = new Map<string, string[]>();
  for (const name of await namesIn(join(folder, bundleNames.results))) {
    const [, runId = '', kind] = /^([^.]+)(?:[.](tmp|failed)-.+)?$/.exec(name) ?? [];
    if (runId === '') continue;
    if (kind === undefined) done.add(runId);
    else addTo(kind === 'tmp' ? attempts : failures, runId, name);
  }
  return { done, failures, attempts };
}

/** Returns the reason of an attempt's failure with advice, in the worker's words. */
export async function failureOf(folder: string, name: string): Promise<string> {
  try {
    const text = await readBelow(folder, `${bundleNames.results}/${name}`, bundleLimits.failure);
    const { message, hint } = failureSchema.parse(JSON.parse(text)).error;
    return hint === null ? message : `${message} ${hint}`;
  } catch {
    return `${name} cannot be read`;
  }
}

/** The last words in the log of a run that ended without any of its own: the command says an error and the way out, a line each. */
export async function lastLogWords(folder: string, names: readonly string[]): Promise<string | null> {
  for (const name of names) {
    const tail = await tailOf(folder, `logs/${name}`, -4096).catch(() => null);
    const lines = (tail?.text ?? '').split('\n').map((line) => line.trim());
    const words = lines.filter((line) => line !== '').slice(-2);
    if (words.length > 0) return words.join(' ');
  }
  return null;
}

/** Reads the ends of progress files, each from where the last reading ended. */
export class ProgressTails {
  private readonly folder: string;
  private readonly tails = new Map<string, { offset: number; rest: string }>();
  private readonly latest = new Map<string, RunProgress>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The furthest that an attempt at each run is. */
  async read(attempts: Results['attempts']): Promise<ReadonlyMap<string, RunProgress>> {
    const found = new Map<string, RunProgress>();
    for (const [runId, names] of attempts)
      for (const name of names) {
        const progress = await this.readOne(name);
        if (progress !== null && progress.step >= (found.get(runId)?.step ?? 0)) found.set(runId, progress);
      }
    return found;
  }

  private async readOne(name: string): Promise<RunProgress | null> {
    const tail = this.tails.get(name) ?? { offset: 0, rest: '' };
    // A run's end renames the folder, possibly between two calls.
    const file = `${bundleNames.results}/${name}/${resultNames.progress}`;
    const read = await tailOf(this.folder, file, tail.offset).catch(() => null);
    if (read === null) return this.latest.get(name) ?? null;
    const lines = (tail.rest + read.text).split('\n');
    const rest = lines.pop() ?? '';
    this.tails.set(name, { offset: read.end, rest });
    for (const line of lines) {
      const progress = progressOf(line);
      if (progress !== null) this.latest.set(name, progress);
    }
    return this.latest.get(name) ?? null;
  }
}

/** A line that is torn or of something else says nothing. */
function progressOf(line: string): RunProgress | null {
  try {
    return progressSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** Text of a file from a byte on, or of its last bytes where that is negative: the last part of more than is read at once. */
async function tailOf(
  folder: string,
  file: string,
  from: number,
): Promise<{ readonly text: string; readonly end: number }> {
  const handle = await openBelow(folder, file);
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - bundleLimits.tail, from < 0 ? size + from : from);
    const bytes = Buffer.alloc(Math.max(0, size - start));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
    return { text: bytes.toString('utf8', 0, bytesRead), end: start + bytesRead };
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function addTo(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}
