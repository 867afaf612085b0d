import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openDataset } from '../../src-main/engine/data/open-dataset.ts';
import { goldenPath } from '../engine/golden.ts';
import { fuzzCases } from './cases.ts';
import { expectReadOrRefused } from './corrupt.ts';
import { mutateBytes, seededNumbers } from './mutations.ts';

const home = mkdtempSync(join(tmpdir(), 'coto-fuzz-parquet-'));
afterAll(() => rmSync(home, { recursive: true }));
const seeds = [
  'nested-v2',
  'flat-encodings',
  'packed-none',
  'nested-snappy',
  'packed-zstd',
  'packed-lz4',
  'packed-gzip',
];

/** Describes the file and reads its examples. */
async function readAll(path: string): Promise<void> {
  const opened = await openDataset({ reader: 'parquet', path, options: { skip_faulty_rows: true } });
  if (opened.kind !== 'texts') return;
  const { text, splits } = await opened.describe();
  expect(splits.reduce((sum, split) => sum + split.exampleCount, 0)).toBeLessThanOrEqual(text?.rowCount ?? 0);
  for await (const example of opened.examples('train')) expect(example.split).toBe('train');
}

/** Corrupts the pages, or the footer, which describes and locates them. */
function corrupt(whole: Buffer, random: () => number): Buffer {
  const footer = whole.length - 8 - whole.readUInt32LE(whole.length - 8);
  const way = random();
  if (way < 0.2) return mutateBytes(whole, random);
  if (way < 0.6)
    return Buffer.concat([
      whole.subarray(0, 4),
      mutateBytes(whole.subarray(4, footer), random),
      whole.subarray(footer),
    ]);
  const changed = mutateBytes(whole.subarray(footer, whole.length - 8), random);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(changed.length);
  return Buffer.concat([whole.subarray(0, footer), changed, size, whole.subarray(whole.length - 4)]);
}

test.each(seeds)(
  '%s: a corrupt file is read, or refused in words',
  async (seed) => {
    const original = readFileSync(goldenPath('parquet', `${seed}.parquet`));
    const random = seededNumbers(11);
    const path = join(home, `${seed}.parquet`);
    const share = Math.ceil(fuzzCases / seeds.length);
    const refused = await expectReadOrRefused(share, path, () => {
      writeFileSync(path, corrupt(original, random));
      return readAll(path);
    });
    expect(refused).toBeGreaterThan(share / 3);
    expect(refused).toBeLessThan(share);
    writeFileSync(path, original);
    await readAll(path);
  },
  600_000,
);
