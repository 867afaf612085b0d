import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { planConversion } from '../../src-main/engine/formats/gguf/convert.ts';
import { openGguf } from '../../src-main/engine/formats/gguf/gguf-file.ts';
import { goldenPath } from '../engine/golden.ts';
import { fuzzCases } from './cases.ts';
import { expectReadOrRefused } from './corrupt.ts';
import { mutateBytes, seededNumbers } from './mutations.ts';

const home = mkdtempSync(join(tmpdir(), 'coto-fuzz-gguf-'));
afterAll(() => rm(home, { recursive: true, force: true }));

/** All that a conversion does, but for the writing. Returns the bytes that it would write. */
async function convertInMemory(path: string, decoded: boolean): Promise<number> {
  const file = await openGguf(path);
  try {
    const { config, tokenizer, tensors } = await planConversion(file, decoded);
    let bytes = JSON.stringify([config, tokenizer]).length;
    for (const tensor of tensors) for await (const piece of tensor.pieces()) bytes += piece.length;
    return bytes;
  } finally {
    await file.close();
  }
}

test(`${fuzzCases} corrupt GGUF files are converted or refused in words`, async () => {
  const original = readFileSync(join(goldenPath('gguf'), 'small.gguf'));
  const random = seededNumbers(5);
  const path = join(home, 'corrupt.gguf');
  const refused = await expectReadOrRefused(fuzzCases, path, async () => {
    writeFileSync(path, mutateBytes(original, random));
    await convertInMemory(path, false);
    await convertInMemory(path, true);
  });
  expect(refused).toBeGreaterThan(fuzzCases / 2);
  expect(refused).toBeLessThan(fuzzCases);
  writeFileSync(path, original);
  const packed = await convertInMemory(path, false);
  expect(packed).toBeGreaterThan(5000);
  expect(await convertInMemory(path, true)).toBeGreaterThan(3 * packed);
});

test('the reader takes every type of metadata, nested lists too', async () => {
  const file = await openGguf(join(goldenPath('gguf'), 'small.gguf'));
  const { metadata } = file;
  await file.close();
  expect(
    ['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64', 'float32', 'float64'].map((type) =>
      metadata.number(`test.${type}`),
    ),
  ).toEqual([250, -5, 60_000, -300, 4e9, -70_000, 2 ** 53 - 1, -(2 ** 53 - 1), 0.5, 0.1]);
  expect(metadata.flag('test.bool')).toBe(true);
  expect(metadata.text('test.string')).toBe('grüß dich');
  expect(metadata.value('test.nested')).toEqual([
    Int32Array.from([1, 2]),
    Int32Array.from([3]),
    Int32Array.from([4, 5, 6]),
  ]);
  expect(metadata.value('test.flags')).toEqual([true, false]);
});

const header = (...parts: (number | bigint | string)[]): Buffer =>
  Buffer.concat([
    Buffer.from('GGUF'),
    ...parts.map((part) => {
      if (typeof part === 'string') return Buffer.concat([uint64(BigInt(part.length)), Buffer.from(part)]);
      if (typeof part === 'bigint') return uint64(part);
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(part);
      return bytes;
    }),
  ]);

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

const hugeCount = (1n << 63n) - 1n;
test.each<[string, Buffer, RegExp]>([
  ['nothing', Buffer.alloc(0), /has only 0 bytes/],
  ['another format', Buffer.from('PK\u0003\u0004'.padEnd(64)), /does not begin with "GGUF"/],
  ['version 1', header(1, 0n, 0n), /version 1; 2 and 3 can be read/],
  ['big-endian', header(0x03000000, 0n, 0n), /big-endian/],
  ['too many tensors', header(3, 1_000_000n, 0n), /its list of tensors has 1000000 entries/],
  ['more tensors than can be counted', header(3, hugeCount, 0n), /the number of tensors the size 9223372036854775807/],
  ['too many keys', header(3, 0n, 1_000_000n), /its metadata has 1000000 entries/],
  ['a key of 4 GB', header(3, 0n, 1n, 1n << 32n, 8, 'x', 'y'), /metadata key 0 is 4294967296 bytes long/],
  ['a text past the end', header(3, 0n, 1n, 'k', 8, 1000n, 0n), /"k" ends at byte/],
  ['a list past the end', header(3, 0n, 1n, 'k', 9, 4, 1_000_000n, 0n), /"k" has 1000000 entries, more than/],
  ['a list without end', header(3, 0n, 1n, 'k', 9, 4, 1n << 40n, 0n), /gives "k" 1099511627776 entries/],
  [
    'lists in lists',
    header(3, 0n, 1n, 'k', 9, 9, 1n, 9, 1n, 9, 1n, 9, 1n, 9, 1n, 4, 0n),
    /nests lists in "k" more than 4/,
  ],
  ['an unknown type', header(3, 0n, 1n, 'k', 99, 0n, 0n), /gives "k" the unknown value type 99/],
  ['a key twice', header(3, 0n, 2n, 'k', 4, 1, 'k', 4, 1), /has the key "k" twice/],
  ['IQ4_XS', header(3, 1n, 0n, 'w', 1, 256n, 23, 0n), /stores tensor "w" as IQ4_XS, which is not supported/],
  ['an unknown tensor type', header(3, 1n, 0n, 'w', 1, 256n, 1234, 0n), /as number 1234/],
  ['five dimensions', header(3, 1n, 0n, 'w', 5, 1n, 1n, 1n, 1n, 1n, 0, 0n), /"w" 5 dimensions/],
  ['rows that are no blocks', header(3, 1n, 0n, 'w', 1, 33n, 2, 0n), /rows of 33 values, which Q4_0/],
  ['a tensor past the end', header(3, 1n, 0n, 'w', 2, 1n << 50n, 1n << 50n, 0, 0n), /tensor "w" ends at byte/],
  ['a crooked place', header(3, 1n, 0n, 'w', 1, 1n, 0, 3n, 0n), /places tensor "w" at 3/],
])('%s is refused by name', async (_, bytes, message) => {
  const path = join(home, 'hostile.gguf');
  writeFileSync(path, bytes);
  await expect(openGguf(path)).rejects.toThrow(message);
});
