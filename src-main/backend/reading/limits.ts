import { readdir, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { ReadingContract } from './contract.ts';

export type ReadingName = keyof ReadingContract['requests'];

/** What a reading may take before it is ended. */
export interface ReadingLimit {
  /** Processor time. Infinite: it says how far it is, and can be cancelled. */
  readonly milliseconds: number;
  /** Resident memory of the process. */
  readonly memoryBytes: number;
}

const mostMemoryBytes = 2.5 * 2 ** 30;
/** Of the memory that a large file adds where it is read in whole: it becomes float32, beside what is made of it. */
const memoryPerByte = 4;
/** A tenth of what a slow processor hashes. */
const bytesPerMillisecond = 25_000;
const longestMilliseconds = 600_000;

/**
 * Processor time of each kind of reading: well above what the largest published files take. A tokenizer of 35 MB takes 4 s, a
 * thousand long conversations take 10 s.
 */
const milliseconds: Readonly<Record<ReadingName, number>> = {
  ready: 10_000,
  abilities: 8000,
  templates: 8000,
  render: 8000,
  model: 8000,
  modelConfig: 5000,
  tokenizerIdentity: 8000,
  fits: 8000,
  plannedModules: 10_000,
  checkRuns: 10_000,
  costs: 10_000,
  importAdapter: 20_000,
  benchmarks: 120_000,
  detect: 5000,
  inspect: 5000,
  inspectTokens: 15_000,
  texts: 20_000,
  tokens: 10_000,
  lengths: 30_000,
  preview: 20_000,
  image: 10_000,
  describe: Number.POSITIVE_INFINITY,
  recordedRuns: 120_000,
  convertGguf: Number.POSITIVE_INFINITY,
  run: 5000,
};

/** @param bytes of the files that it reads in whole. */
export function limitOf(name: ReadingName, bytes = 0): ReadingLimit {
  return {
    milliseconds: milliseconds[name] + Math.min(longestMilliseconds, bytes / bytesPerMillisecond),
    memoryBytes: Math.max(mostMemoryBytes, Math.min(totalmem() / 2, mostMemoryBytes + memoryPerByte * bytes)),
  };
}

/** For the checks, or the costs, of so many runs: a study forecasts hundreds. */
export function millisecondsForRuns(count: number): number {
  return milliseconds.checkRuns + 100 * count;
}

/** Whether it keeps nothing else from its turn, since it may take minutes. */
export function isLong({ milliseconds }: ReadingLimit): boolean {
  return milliseconds > 60_000;
}

/**
 * Bytes that a file, or the files of a folder, take on the disk, links followed: one with holes must not buy itself time by its
 * size.
 */
export async function storedBytes(path: string): Promise<number> {
  const names = await readdir(path).catch(() => null);
  if (names === null) return fileBytes(path);
  let bytes = 0;
  for (const name of names) bytes += await fileBytes(join(path, name));
  return bytes;
}

async function fileBytes(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return 0;
  // Windows counts no blocks.
  return process.platform === 'win32' ? found.size : Math.min(found.size, found.blocks * 512);
}
