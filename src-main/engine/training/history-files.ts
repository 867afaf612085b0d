import { constants } from 'node:buffer';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import type { ActivationMasks, MetricColumn } from '../../../src-shared/domain/runs/run-history.ts';
import { writeFileAtomic } from '../../files/atomic.ts';

/** Beside checkpoints/, in the folder of a run. */
const historyFolder = 'history';
const fileName = /^(\d{6,})\.json\.gz$/;

/** Steps are 32-bit integers wherever they are kept. */
const count = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const fileSchema = z.strictObject({
  format: z.literal(1),
  step: count,
  columns: z.array(z.strictObject({ name: z.string(), steps: z.array(count), values: z.array(z.number()) })),
  masks: z.array(z.strictObject({ firstStep: count, groupCount: count, bytes: z.base64() })),
});

/** Records of a run between two checkpoints. */
export interface HistoryPart {
  /** Finished steps at its end. */
  readonly step: number;
  readonly columns: readonly MetricColumn[];
  readonly masks: readonly ActivationMasks[];
}

/**
 * Adds a file with what was recorded since the last one. It is on the disk before the checkpoint that counts its steps, so that
 * the database can be put right from the run's folder, whatever it has lost.
 */
export async function writeHistoryPart(runDirectory: string, { step, columns, masks }: HistoryPart): Promise<void> {
  const content = {
    format: 1,
    step,
    columns: joined(columns).map(({ name, steps, values }) => ({ name, steps, values })),
    masks: masks.map(({ bytes, ...mask }) => ({ ...mask, bytes: Buffer.from(bytes).toString('base64') })),
  };
  const packed = await promisify(gzip)(JSON.stringify(content), { level: 1 });
  const last = (await listFiles(runDirectory)).at(-1);
  const number = last === undefined ? 0 : last.number + 1;
  await writeFileAtomic(join(runDirectory, historyFolder, `${String(number).padStart(6, '0')}.json.gz`), packed);
}

/** The history of a run up to a checkpoint after `step` steps, the earliest first. A damaged file is left out. */
export async function readHistoryParts(runDirectory: string, step: number): Promise<HistoryPart[]> {
  const parts: HistoryPart[] = [];
  for (const path of await historyFiles(runDirectory)) {
    const part = await readPart(path);
    if (part !== null && part.step <= step) parts.push(part);
  }
  return parts;
}

/** Paths of the files with a run's history, the earliest first. */
export async function historyFiles(runDirectory: string): Promise<string[]> {
  return (await listFiles(runDirectory)).map(({ path }) => path);
}

/**
 * Parses a file of a run's history.
 * @param maxBytes maximum size of the unpacked text
 * @throws Error for a file that is damaged or unpacks to more
 */
export async function unpackHistory(
  packed: Uint8Array,
  maxBytes: number,
): Promise<{ readonly part: HistoryPart; readonly bytes: number }> {
  const text = await promisify(gunzip)(packed, { maxOutputLength: maxBytes });
  const { step, columns, masks } = fileSchema.parse(JSON.parse(text.toString('utf8')));
  const part = {
    step,
    columns: columns.map(({ name, steps, values }) => ({
      name,
      steps: Int32Array.from(steps),
      values: Float64Array.from(values),
    })),
    masks: masks.map(({ bytes, ...mask }) => ({ ...mask, bytes: Uint8Array.from(Buffer.from(bytes, 'base64')) })),
  };
  return { part, bytes: text.length };
}

/** Removes what was recorded after `step` steps: the run goes on from there in another way. */
export async function cutHistory(runDirectory: string, step: number): Promise<void> {
  // The last first, so that what is left never has a gap.
  for (const { path } of (await listFiles(runDirectory)).reverse()) {
    const part = await readPart(path);
    if (part === null || part.step > step) await rm(path, { force: true });
  }
}

async function readPart(path: string): Promise<HistoryPart | null> {
  try {
    return (await unpackHistory(await readFile(path), constants.MAX_STRING_LENGTH)).part;
  } catch {
    return null;
  }
}

async function listFiles(runDirectory: string): Promise<{ number: number; path: string }[]> {
  const folder = join(runDirectory, historyFolder);
  if (!existsSync(folder)) return [];
  return (await readdir(folder))
    .flatMap((name) => {
      const found = fileName.exec(name);
      return found === null ? [] : [{ number: Number(found[1]), path: join(folder, name) }];
    })
    .sort((one, other) => one.number - other.number);
}

/** One column a metric. */
function joined(columns: readonly MetricColumn[]): { name: string; steps: number[]; values: number[] }[] {
  return [...Map.groupBy(columns, ({ name }) => name)].map(([name, pieces]) => ({
    name,
    steps: pieces.flatMap(({ steps }) => [...steps]),
    values: pieces.flatMap(({ values }) => [...values]),
  }));
}
