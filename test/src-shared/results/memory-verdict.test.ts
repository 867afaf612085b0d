import { expect, it } from 'vitest';
import { memoryVerdict, verdictTexts } from '../../../src-shared/results/memory-verdict.ts';

it.each([
  [0, 100, 'fits'],
  [80, 100, 'fits'],
  [81, 100, 'tight'],
  [100, 100, 'tight'],
  [101, 100, 'does not fit'],
  [1, 0, 'does not fit'],
] as const)('a need of %d with %d free: %s', (needed, free, verdict) => {
  expect(memoryVerdict(needed, free)).toBe(verdict);
  expect(verdictTexts[verdict]).toMatch(/memory/);
});
