import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src-main/engine/data/parquet/byte-reader.ts';
import { unpackPage } from '../../../src-main/engine/data/parquet/codecs.ts';
import { readDeltas } from '../../../src-main/engine/data/parquet/delta.ts';
import { readHybrid } from '../../../src-main/engine/data/parquet/hybrid.ts';
import { ParquetError } from '../../../src-main/engine/data/parquet/parse-error.ts';
import { ThriftReader } from '../../../src-main/engine/data/parquet/thrift.ts';

const [snappy, gzip, hadoopLz4, zstd, rawLz4] = [1, 2, 5, 6, 7];
/** Literals "abc", then six bytes from three ago, which run into what they write. */
const lz4 = Buffer.from([0x32, ...Buffer.from('abc'), 3, 0, 0x10, 0x21]);
const unpacked = 'abcabcabc!';
const framed = Buffer.concat([Buffer.from([0, 0, 0, 10, 0, 0, 0, lz4.length]), lz4]);

describe('pages unpack, by hand', () => {
  test.each<[string, number, Buffer, string]>([
    // A literal of 3; a copy of 6 from 3 ago (two-byte form); a literal of 1.
    ['Snappy', snappy, Buffer.from([10, 0x08, ...Buffer.from('abc'), 0x16, 3, 0, 0x00, 0x21]), unpacked],
    ['LZ4', rawLz4, lz4, unpacked],
    ['LZ4 in the blocks of Hadoop', hadoopLz4, framed, unpacked],
    ['LZ4 in two of them', hadoopLz4, Buffer.concat([framed, framed]), unpacked.repeat(2)],
    ['LZ4 of writers that left them out', hadoopLz4, lz4, unpacked],
  ])('%s', (_, codec, packed, text) => {
    expect(unpackPage(codec, packed, text.length).toString()).toBe(text);
    for (const size of [text.length - 1, text.length + 1, 2 ** 28])
      expect(() => unpackPage(codec, packed, size)).toThrow('does not unpack to the size that it states');
    for (let length = 0; length < packed.length; length++)
      expect(() => unpackPage(codec, packed.subarray(0, length), text.length)).toThrow(ParquetError);
  });

  test.each<[string, number, Buffer]>([
    ['gzip', gzip, gzipSync(Buffer.alloc(2 ** 26))],
    ['zstd', zstd, zstdCompressSync(Buffer.alloc(2 ** 26))],
  ])('%s stops at the size that the page states', (_, codec, packed) => {
    const before = process.memoryUsage().rss;
    expect(() => unpackPage(codec, packed, 1000)).toThrow('does not unpack');
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 25);
  });
});

describe('numbers that bytes state are held to what there is', () => {
  const reader = (...bytes: number[]) => new ByteReader(Buffer.from(bytes));

  test('runs and packed bits: the example of the format, and a run beyond the end', () => {
    // 0 to 7 in three bits each.
    expect([...readHybrid(reader(0x03, 0x88, 0xc6, 0xfa), 3, 8)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...readHybrid(reader(0xfe, 0xff, 0xff, 0xff, 0x0f, 5), 3, 4)]).toEqual([5, 5, 5, 5]);
    expect(() => readHybrid(reader(0xff, 0xff, 0xff, 0xff, 0x0f), 3, 8)).toThrow(ParquetError);
    expect(() => readHybrid(reader(0x00, 0x00), 3, 8)).toThrow('ends before');
  });

  test('deltas: the example of the format, and blocks of no size', () => {
    // 7, 5, 3, 1, 2, 3, 4, 5: a smallest delta of -2, the others above it in two bits.
    const example = [0x80, 0x01, 0x04, 0x08, 0x0e, 0x03, 2, 0, 0, 0, 0xc0, 0x3f];
    expect([...readDeltas(reader(...example), 8, 32)]).toEqual([7n, 5n, 3n, 1n, 2n, 3n, 4n, 5n]);
    expect(() => readDeltas(reader(0x80, 0x01, 0x00, 0x08, 0x0e), 8, 32)).toThrow('impossible size');
    expect(() => readDeltas(reader(0x80, 0x01, 0x04, 0x09, 0x0e), 8, 32)).toThrow('9 deltas where there should be 8');
  });

  test('metadata: lists longer than the file, and structs without end', () => {
    const skip = (...bytes: number[]) => new ThriftReader(reader(...bytes)).struct(() => false);
    expect(() => skip(0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f)).toThrow('ends before');
    expect(() => skip(...Array.from({ length: 1000 }, () => 0x1c))).toThrow('too deep');
    expect(() => skip(...Array.from({ length: 1000 }, () => [0x19, 0x19]).flat())).toThrow('too deep');
  });
});
