import { expect, it } from 'vitest';
import { memoryVerdict, verdictTexts } from '../../../src-shared/results/memory-verdict.ts';

const need = (bytes: number) => ({ memory: [{ part: 'weights', bytes }], tensorBytes: bytes });
const room = { freeMemoryBytes: 100, memoryDevice: null, largestTensorBytes: null };

it.each([
  [0, 100, 'fits'],
  [80, 100, 'fits'],
  [81, 100, 'tight'],
  [100, 100, 'tight'],
  [101, 100, 'does not fit'],
  [1, 0, 'does not fit'],
] as const)('a need of %d with %d free: %s', (needed, free, verdict) => {
  expect(memoryVerdict(need(needed), { ...room, freeMemoryBytes: free })).toBe(verdict);
  expect(verdictTexts[verdict]).toMatch(/memory/);
});

it('a tensor above what the card allows does not fit, whatever is free', () => {
  expect(memoryVerdict(need(50), { ...room, largestTensorBytes: 50 })).toBe('fits');
  expect(memoryVerdict(need(50), { ...room, largestTensorBytes: 49 })).toBe('does not fit');
});
