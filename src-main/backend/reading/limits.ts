import { readdir, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { ReadingContract } from './contract.ts';

export type ReadingName = keyof ReadingContract['requests'];

/** Limits of a reading, which is ended above them. */
export interface ReadingLimit {
  /** Processor time. Infinite: it says how far it is, and can be cancelled. */
  readonly milliseconds: number;
  /** Resident memory of the process. */
  readonly memoryBytes: number;
}

const maxMemoryBytes = 2.5 * 2 ** 30;
/** Additional memory per byte of a file read whole: it becomes float32, plus the result. */
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
  convertAdapter: Number.POSITIVE_INFINITY,
  benchmarks: 120_000,
  scoredTask: 120_000,
  detect: 5000,
  inspect: 5000,
  inspectRows: 20_000,
  inspectTokens: 15_000,
  texts: 20_000,
  tokens: 10_000,
  lengths: 30_000,
  preview: 20_000,
  image: 10_000,
  describe: Number.POSITIVE_INFINITY,
  recordedRuns: 120_000,
  checkModelHead: 8000,
  checkGgufHead: 20_000,
  convertGguf: Number.POSITIVE_INFINITY,
  run: 5000,
  bundle: 20_000,
  jobRun: 5000,
  resultHeads: 20_000,
  failedAttempts: 20_000,
  copyResults: 30_000,
  resultRows: 30_000,
};

const mebibyte = 2 ** 20;

/** Maximum sizes of what other machines write into a bundle. */
export const bundleLimits = {
  /** study.json: 10,000 jobs and their titles take 3 MiB. */
  study: 32 * mebibyte,
  /** inputs.json: an image dataset has a line for each file. */
  inputs: 128 * mebibyte,
  /** The YAML of a job. Parsing takes 5 s a MiB. */
  yaml: mebibyte / 8,
  /** `<run>.failed-<attempt>.json`, and a file of a run's log that says where and how it ended. */
  failure: mebibyte / 16,
  /** All files of failed attempts together. */
  failures: 64 * mebibyte,
  /** New lines of a log or progress file that are read at once. */
  tail: mebibyte,
  /** manifest.json of a result. */
  manifest: mebibyte,
  /** run.json of a result. */
  run: 16 * mebibyte,
  /** All files of a result's history, and of its samples, as they are stored and unpacked. */
  history: { stored: 64 * mebibyte, unpacked: 128 * mebibyte },
  samples: { stored: 32 * mebibyte, unpacked: 64 * mebibyte },
  /** Metrics of a run besides those by module, and by module of its base. */
  metrics: { fixed: 512, perModule: 4 },
  /** Characters in the name of a metric. */
  metricName: 200,
  /** Values of a result's metrics, and of all results that are stored at once. */
  values: 4_000_000,
  /** Files and folders below a result's folder. */
  entries: 2000,
  /** Bytes of an adapter beyond twice the tensors that its run trains: biases, and the header. */
  adapterSlack: 16 * mebibyte,
} as const;

/** @param bytes of the files that it reads in whole. */
export function limitOf(name: ReadingName, bytes = 0): ReadingLimit {
  return {
    milliseconds: milliseconds[name] + Math.min(longestMilliseconds, bytes / bytesPerMillisecond),
    memoryBytes: Math.max(maxMemoryBytes, Math.min(totalmem() / 2, maxMemoryBytes + memoryPerByte * bytes)),
  };
}

/** For the checks, or the costs, of so many runs: a study forecasts hundreds. */
export function millisecondsForRuns(count: number): number {
  return milliseconds.checkRuns + 100 * count;
}

/** Returns true if a reading may take minutes and so uses the separate turns. */
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
