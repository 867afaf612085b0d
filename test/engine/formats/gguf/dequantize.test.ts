import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { ggufTypes } from '../../../../src-main/engine/tensors/tensor-types/index.ts';

const golden = await readSafetensors(join(import.meta.dirname, '../../../golden/gguf/blocks.safetensors'));

describe('every type gives the values that the package gguf gives, bit for bit', () => {
  test.each(ggufTypes.map((type) => [type.name, type] as const))('%s', (name, type) => {
    const blocks = golden.get(`${name}.blocks`);
    const expected = golden.get(`${name}.values`);
    if (!(blocks?.data instanceof Uint8Array) || !(expected?.data instanceof Float32Array))
      throw new Error(`no golden blocks of ${name}`);
    expect(blocks.shape[1]).toBe(type.blockBytes);
    expect(expected.shape[1]).toBe(type.blockValues);
    const values = new Float32Array(expected.data.length);
    type.dequantize(blocks.data, values);
    expect([...values]).toEqual([...expected.data]);
    expect(new Set(values).size).toBeGreaterThan(20);
  });

  test('golden blocks exist for all types', () => {
    expect([...golden.keys()].filter((name) => name.endsWith('.blocks'))).toHaveLength(ggufTypes.length);
  });
});
