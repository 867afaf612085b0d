import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openModelWeights } from '../../src-main/engine/models/huggingface/model-weights.ts';
import { openSafetensors, writeSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { fuzzCases } from './cases.ts';
import { expectReadOrRefused } from './corrupt.ts';
import { mutateBytes, mutateJson, seededNumbers } from './mutations.ts';

const home = mkdtempSync(join(tmpdir(), 'coto-fuzz-safetensors-'));
afterAll(() => rm(home, { recursive: true, force: true }));

const file = join(home, 'original.safetensors');
const headerOf = (bytes: Buffer): number => Number(bytes.readBigUInt64LE(0));
beforeAll(() =>
  writeSafetensors(
    file,
    new Map([
      ['model.weight', { shape: [4, 6], data: Float32Array.from({ length: 24 }, (_, index) => index / 7) }],
      ['model.ids', { shape: [5], data: Int32Array.from([1, 2, 3, 4, 5]) }],
      ['model.flags', { shape: [2, 3], data: Uint8Array.from([1, 0, 1, 0, 1, 0]) }],
      ['empty', { shape: [0, 3], data: new Float32Array(0) }],
    ]),
  ),
);

async function readAll(path: string): Promise<void> {
  const opened = await openSafetensors(path);
  try {
    for (const name of opened.names) {
      const { shape, data } = await opened.read(name);
      expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
      await opened.lend(name, ({ finite }) => finite);
    }
  } finally {
    await opened.close();
  }
}

/** The same values under a header in which something is of another type. */
function withSpoiledHeader(original: Buffer, random: () => number): Buffer {
  const length = headerOf(original);
  const header = JSON.parse(original.toString('utf8', 8, 8 + length));
  const json = Buffer.from(JSON.stringify(mutateJson(header, random)) ?? 'null');
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([size, json, original.subarray(8 + length)]);
}

test(`${fuzzCases} corrupt safetensors files are read or refused in words`, async () => {
  const original = readFileSync(file);
  const random = seededNumbers(6);
  const path = join(home, 'corrupt.safetensors');
  const refused = await expectReadOrRefused(fuzzCases, path, async (index) => {
    writeFileSync(path, index % 2 === 0 ? mutateBytes(original, random) : withSpoiledHeader(original, random));
    await readAll(path);
  });
  expect(refused).toBeGreaterThan(fuzzCases / 2);
  expect(refused).toBeLessThan(fuzzCases);
  writeFileSync(path, original);
  await readAll(path);
});

test(`${fuzzCases} corrupt indexes of shards are read or refused in words`, async () => {
  const folder = join(home, 'sharded');
  mkdirSync(folder);
  const one = (name: string) => new Map([[name, { shape: [2], data: Float32Array.from([1, 2]) }]]);
  await writeSafetensors(join(folder, 'model-00001-of-00002.safetensors'), one('a.weight'));
  await writeSafetensors(join(folder, 'model-00002-of-00002.safetensors'), one('b.weight'));
  const index = {
    metadata: { total_size: 16 },
    weight_map: { 'a.weight': 'model-00001-of-00002.safetensors', 'b.weight': 'model-00002-of-00002.safetensors' },
  };
  const path = join(folder, 'model.safetensors.index.json');
  const text = Buffer.from(JSON.stringify(index));
  const random = seededNumbers(7);
  const readIndexed = async () => {
    const weights = await openModelWeights(folder);
    try {
      for (const name of weights.names) await weights.read(name);
    } finally {
      await weights.close();
    }
  };
  const refused = await expectReadOrRefused(fuzzCases, folder, async (number) => {
    const corrupt = number % 2 === 0 ? mutateBytes(text, random) : JSON.stringify(mutateJson(index, random));
    writeFileSync(path, corrupt ?? '');
    await readIndexed();
  });
  expect(refused).toBeGreaterThan(fuzzCases / 3);
  expect(refused).toBeLessThan(fuzzCases);
  writeFileSync(path, text);
  await readIndexed();
});
