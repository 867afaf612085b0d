import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stageFloats } from '../../../src-main/engine/tensors/staging.ts';
import { sourceHash } from '../../../src-main/engine/tensors/value-kernels/values-binary.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'coto-staging-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stages `stored` from a file in which `before` bytes stand ahead of it. */
function stage(dtype: string, stored: ArrayBufferView, count: number, before = 0) {
  const file = path.join(folder, 'values');
  writeFileSync(file, new Uint8Array(before));
  writeFileSync(file, new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), { flag: 'a' });
  const descriptor = openSync(file, 'r');
  try {
    return stageFloats({ descriptor, dtype, start: before, count });
  } finally {
    closeSync(descriptor);
  }
}

/** IEEE 754 half to number, from its definition. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('stored floats', () => {
  it('widens half precision exactly, all 65 536 values', () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, index) => index);
    const staged = stage('F16', bits, bits.length, 6);
    expect(staged?.finite).toBe(false);
    const differing = [...bits].filter((value) => !Object.is(staged?.values[value], half(value)));
    expect(differing).toEqual([]);
  });

  it('reads bfloat16 as the upper halves of float32, across several pieces of the file', () => {
    const count = 3 * 2 ** 19 + 5;
    const bits = Uint16Array.from({ length: count }, (_, index) => (index * 7919) % 0x7f80);
    const staged = stage('BF16', bits, count, 2);
    expect(staged?.finite).toBe(true);
    const found = new Uint32Array(staged?.values.slice().buffer ?? new ArrayBuffer(0));
    expect(found.length).toBe(count);
    expect(found.findIndex((value, index) => value !== (bits[index] ?? 0) * 65536)).toBe(-1);
  });

  it('returns float32 unchanged, in memory that the next ones reuse', () => {
    const values = Float32Array.from({ length: 2 ** 18 + 3 }, (_, index) => Math.fround(index / 7 - 100));
    const staged = stage('F32', values, values.length, 12);
    expect(staged?.values).toEqual(values);
    const kept = staged?.values;
    stage('F32', new Float32Array([5]), 1);
    expect(kept?.[0]).toBe(5);
  });

  it.each([
    ['F32', (count: number, at: number, value: number) => new Float32Array(count).fill(1).fill(value, at, at + 1)],
    [
      'BF16',
      (count: number, at: number, value: number) =>
        new Uint16Array(count).fill(0x3f80).fill(value === Number.POSITIVE_INFINITY ? 0x7f80 : 0xffc0, at, at + 1),
    ],
    [
      'F16',
      (count: number, at: number, value: number) =>
        new Uint16Array(count).fill(0x3c00).fill(value === Number.POSITIVE_INFINITY ? 0xfc00 : 0x7e00, at, at + 1),
    ],
  ] as const)('of type %s that are not finite are found wherever they stand', (dtype, make) => {
    const count = 37;
    expect(stage(dtype, make(count, count, 0), count)?.finite).toBe(true);
    for (let at = 0; at < count; at++)
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
        expect(stage(dtype, make(count, at, value), count)?.finite).toBe(false);
  });

  it('rejects values that end before their count', () => {
    expect(stage('F32', new Float32Array(10), 11)).toBeNull();
  });
});

it('are read by kernels that were made from the C files beside them', () => {
  const folder = new URL('../../../src-main/engine/tensors/value-kernels/', import.meta.url);
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort())
    if (name.endsWith('.c')) hash.update(readFileSync(new URL(name, folder)));
  expect(hash.digest('hex')).toBe(sourceHash);
});
