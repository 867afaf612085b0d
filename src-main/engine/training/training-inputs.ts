import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readFileSync, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { DatasetSource } from '../../../src-shared/domain/data/dataset.ts';
import { plural } from '../../../src-shared/format/numbers.ts';
import { fileHash } from '../../files/file-hash.ts';
import { type FoundFile, filesAt, hashOfAll } from '../../files/input-files.ts';
import { datasetFiles } from '../data/dataset-files.ts';

/** Larger files are identified by size, time, inode and samples instead of their whole content. */
const maxHashedBytes = 2 ** 30;
const samples = 256;
const sampleBytes = 2 ** 16;
/** Smaller files are read at once: a dataset may have tens of thousands of images. */
const smallBytes = 2 ** 18;
/** Bytes between two turns of the event loop; opening a file counts as some, too. */
const bytesPerTurn = 2 ** 22;
const bytesPerOpening = 2 ** 14;

const datasetInputSchema = z.strictObject({
  sha256: z.string().describe('of the lines of `sha256sum` of its files, sorted by path'),
  bytes: z.number().int(),
  files: z.number().int(),
  reading: z.string().describe('reader and options, as JSON with sorted keys'),
  rows: z.number().int().nullable().describe('null: unknown'),
});
export type DatasetInput = z.infer<typeof datasetInputSchema>;

const baseInputSchema = z.strictObject({
  fingerprint: z.string().describe('SHA-256 of config.json and the weights'),
  files: z.record(z.string(), z.string()).describe('SHA-256 of config, tokenizer and other small files by path'),
});
export type BaseInput = z.infer<typeof baseInputSchema>;

/** Content hashes of the files that a run trains on. */
export const trainingInputsSchema = z.strictObject({ dataset: datasetInputSchema, base: baseInputSchema });
export type TrainingInputs = z.infer<typeof trainingInputsSchema>;

/** The dataset that was hashed last, and the state of its files: the runs of a study hash their dataset once. */
let lastHashed: { readonly state: string; readonly input: Omit<DatasetInput, 'rows'> } | null = null;
/** A file changed less than this before could change again without a new time. */
const settledMilliseconds = 2000;

/**
 * Hashes the files of a dataset, unless they are those that were hashed last.
 * @param onBytes receives the bytes hashed since its last call; may throw to end the hashing
 */
export async function hashDataset(
  source: DatasetSource,
  onBytes?: (bytes: number, total: number) => void,
): Promise<Omit<DatasetInput, 'rows'>> {
  const files = await datasetFiles(source);
  const state = stateOfFiles(source, files);
  if (state !== null && state === lastHashed?.state) return lastHashed.input;
  const input = await hashFiles(source, files, onBytes);
  if (state !== null) lastHashed = { state, input };
  return input;
}

/** Hash of the paths, sizes, times and inodes of the files of a dataset; null if one of them has just changed. */
function stateOfFiles(source: DatasetSource, files: readonly FoundFile[]): string | null {
  const settled = BigInt(Date.now() - settledMilliseconds) * 1_000_000n;
  const hash = createHash('sha256').update(JSON.stringify(source));
  for (const { from } of files) {
    // Nobody can set the time of a change (ctime) back.
    const { size, mtimeNs, ctimeNs, dev, ino } = statSync(from, { bigint: true });
    if (ctimeNs > settled) return null;
    hash.update(`${from} ${size} ${mtimeNs} ${ctimeNs} ${dev} ${ino}\n`);
  }
  return hash.digest('hex');
}

async function hashFiles(
  source: DatasetSource,
  files: readonly FoundFile[],
  onBytes?: (bytes: number, total: number) => void,
): Promise<Omit<DatasetInput, 'rows'>> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const hashed: { path: string; sha256: string }[] = [];
  let sinceTurn = 0;
  for (const file of files) {
    hashed.push({ path: file.path, sha256: await identity(file, (piece) => onBytes?.(piece, bytes)) });
    sinceTurn += file.bytes + bytesPerOpening;
    if (sinceTurn < bytesPerTurn) continue;
    sinceTurn = 0;
    await setImmediate();
  }
  const { test_file: _, ...options } = source.options;
  const reading = JSON.stringify([source.reader, ...Object.entries(options).sort()]);
  return { sha256: hashOfAll(hashed, basename(source.path)), bytes, files: files.length, reading };
}

/** Hashes the files of a base besides its weights. @param fingerprint of config.json and the weights */
export async function hashBase(directory: string, fingerprint: string): Promise<BaseInput> {
  const files: Record<string, string> = {};
  for (const { from, path } of await filesAt(directory, '.', isRead))
    files[path.slice('./'.length)] = await fileHash(from);
  return { fingerprint, files };
}

/** Configs, vocabularies, tokenizers and templates, in the folder or in one of its modules (1_Pooling/config.json). */
function isRead(path: string): boolean {
  return path.split('/').length <= 2 && (/\.(json|jinja|model)$/.test(path) || /(^|\/)(vocab|merges)\.txt$/.test(path));
}

async function identity({ from, bytes }: FoundFile, onBytes: (bytes: number) => void): Promise<string> {
  if (bytes <= smallBytes) {
    onBytes(bytes);
    return smallFileHash(from);
  }
  if (bytes <= maxHashedBytes) return fileHash(from, onBytes);
  const { size, mtimeNs, ino } = await stat(from, { bigint: true });
  const hash = createHash('sha256').update(`${size} ${mtimeNs} ${ino}`);
  const handle = await open(from);
  try {
    const last = Number(size) - sampleBytes;
    for (let sample = 0; sample < samples; sample++) {
      const position = Math.round((last * sample) / (samples - 1));
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(sampleBytes), 0, sampleBytes, position);
      hash.update(buffer.subarray(0, bytesRead));
      onBytes(bytes / samples);
    }
  } finally {
    await handle.close();
  }
  return `sampled-${hash.digest('hex')}`;
}

function smallFileHash(file: string): string {
  // A FIFO in place of the file would block without O_NONBLOCK (see `openRegularFile`).
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    return createHash('sha256').update(readFileSync(descriptor)).digest('hex');
  } finally {
    closeSync(descriptor);
  }
}

/** Describes in a few words how a dataset differs from the one that was trained on; null: it does not. */
export function datasetChange(before: DatasetInput, now: DatasetInput): string | null {
  const parts = [
    ...(before.reading === now.reading ? [] : ['read with other options']),
    ...(before.sha256 === now.sha256 ? [] : [contentChange(before, now)]),
  ];
  return parts.length === 0 ? null : parts.join('; ');
}

function contentChange(before: DatasetInput, now: DatasetInput): string {
  if (before.rows !== null && now.rows !== null && before.rows !== now.rows) return `rows ${before.rows} → ${now.rows}`;
  if (before.files !== now.files) return `files ${before.files} → ${now.files}`;
  if (before.bytes !== now.bytes) return `bytes ${before.bytes} → ${now.bytes}`;
  return 'the same size, but other content';
}

/** Names the files in which a base differs from the one that was trained on; null: it does not. */
export function baseChange(before: BaseInput, now: BaseInput): string | null {
  const names = [...new Set([...Object.keys(before.files), ...Object.keys(now.files)])].sort();
  const changed = names.filter((name) => before.files[name] !== now.files[name]);
  if (changed.length === 0) return before.fingerprint === now.fingerprint ? null : 'the weights';
  const [first = '', ...others] = changed;
  return others.length === 0 ? first : `${first} and ${plural(others.length, 'other file')}`;
}
