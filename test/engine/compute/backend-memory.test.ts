import { expect, it } from 'vitest';
import { weightsStayEncoded } from '../../../src-main/backend/runs/estimate-memory.ts';
import { backendMemory } from '../../../src-main/engine/compute/backend-memory.ts';
import { computeBackends } from '../../../src-main/engine/compute/index.ts';

it.each(computeBackends)('the estimate knows in which encodings $id keeps matrices', ({ id, storage }) => {
  const { encodings, keepsHalves } = backendMemory(id);
  expect([...encodings].sort()).toEqual([...(storage?.encodings ?? [])].sort());
  expect(keepsHalves).toBe(storage?.keepsHalves ?? false);
});

it('counts the bytes of the file where they stay', () => {
  const small = { parameterCount: 1_000_000, dtype: 'BF16' };
  expect(weightsStayEncoded(small, 'native', false)).toBe(false);
  expect(weightsStayEncoded(small, 'webgpu', false)).toBe(true);
  expect(weightsStayEncoded({ ...small, dtype: 'Q4_K' }, 'native', false)).toBe(true);
  expect(weightsStayEncoded({ ...small, dtype: 'Q4_K' }, 'webgpu', false)).toBe(true);
  expect(weightsStayEncoded({ ...small, dtype: 'Q4_K' }, 'wasm', false)).toBe(false);
  expect(weightsStayEncoded({ ...small, dtype: 'F32' }, 'webgpu', false)).toBe(false);
});
