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
  expect(weightsStayEncoded(small, 'native')).toBe(false);
  expect(weightsStayEncoded(small, 'webgpu')).toBe(true);
  expect(weightsStayEncoded({ ...small, dtype: 'Q4_K' }, 'native')).toBe(true);
  expect(weightsStayEncoded({ ...small, dtype: 'Q4_K' }, 'webgpu')).toBe(true);
  expect(weightsStayEncoded({ ...small, dtype: 'Q4_K' }, 'wasm')).toBe(false);
  expect(weightsStayEncoded({ ...small, dtype: 'F32' }, 'webgpu')).toBe(false);
});
