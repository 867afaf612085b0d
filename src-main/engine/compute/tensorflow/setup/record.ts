import { createReadStream, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { writeFileAtomic } from '../../../../files/atomic.ts';

/** What a step of the set-up has made: its files, as they were when it was done. */
const recordSchema = z.strictObject({
  /** Of what it was made, e.g. the hash of a wheel: of another it is made again. */
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
 * What of a step is missing or not as it was made, in words; null if it is whole. Sizes only, or `thoroughly` also what has a
 * checksum, a second for each gigabyte or so, until the signal.
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
