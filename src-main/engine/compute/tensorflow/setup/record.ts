import { createReadStream, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { writeFileAtomic } from '../../../../files/atomic.ts';

/** Record of a finished setup step: its files at that time. */
const recordSchema = z.strictObject({
  /** Source of the files, e.g. the hash of a wheel; a different source repeats the step. */
  origin: z.string(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.number(), crc32: z.number().nullable() })),
});
export type StepRecord = z.infer<typeof recordSchema>;

const recordFolder = 'steps';

export function writeRecord(folder: string, id: string, record: StepRecord): Promise<void> {
  return writeFileAtomic(join(folder, recordFolder, `${id}.json`), JSON.stringify(record));
}

/** Before a step changes files: until it is done its record says that it is not, and so the installation is damaged. */
export function beginRecord(folder: string, id: string): void {
  writeFileSync(join(folder, recordFolder, `${id}.json`), 'null');
}

/**
 * Describes the missing or changed files of a step; null if it is complete. Checks sizes only, or with `thoroughly`
 * also checksums (about a second for each gigabyte), until the signal.
 */
export async function findDamage(
  folder: string,
  id: string,
  origin: string | null,
  thoroughly: AbortSignal | null = null,
): Promise<string | null> {
  const record = readRecord(folder, id);
  if (record === null) return 'it was not done, or not to its end';
  if (origin !== null && record.origin !== origin) return 'it was done for another version';
  for (const file of record.files) {
    const path = join(folder, file.name);
    if (!existsSync(path)) return `${file.name} is missing`;
    const { size } = statSync(path);
    if (size !== file.bytes) return `${file.name} has ${size} bytes instead of ${file.bytes}`;
    if (thoroughly !== null && file.crc32 !== null && (await checksum(path, thoroughly)) !== file.crc32)
      return `${file.name} is not what was unpacked`;
  }
  return null;
}

/** The first damage of any step that was begun; null where all are whole, and of an installation without records. */
export async function findAnyDamage(folder: string): Promise<string | null> {
  const records = join(folder, recordFolder);
  if (!existsSync(records)) return null;
  for (const name of readdirSync(records).filter((one) => one.endsWith('.json'))) {
    const damage = await findDamage(folder, name.slice(0, -'.json'.length), null);
    if (damage !== null) return damage;
  }
  return null;
}

function readRecord(folder: string, id: string): StepRecord | null {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(join(folder, recordFolder, `${id}.json`), 'utf8')));
  } catch {
    return null;
  }
}

async function checksum(path: string, signal: AbortSignal): Promise<number> {
  let found = 0;
  for await (const chunk of createReadStream(path, { signal })) found = crc32(chunk, found);
  return found;
}
