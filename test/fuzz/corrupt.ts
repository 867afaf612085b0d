import { expect } from 'vitest';
import { StudioError } from '../../src-shared/contract/errors.ts';

/** Limit of the process's memory growth over all cases: hostile sizes would request far more at once. */
const growthBytes = 400 * 2 ** 20;

/**
 * Calls `attempt` for each case: it either does it, or throws a StudioError whose message names `named` (a file or folder) and
 * stays short. Returns how many were refused.
 */
export async function expectReadOrRefused(
  cases: number,
  named: string,
  attempt: (index: number) => Promise<unknown>,
): Promise<number> {
  const before = process.memoryUsage();
  let refused = 0;
  let largest = 0;
  for (let index = 0; index < cases; index++) {
    try {
      await attempt(index);
    } catch (thrown) {
      refused++;
      if (!(thrown instanceof StudioError) || !thrown.message.includes(named) || thrown.message.length > 2000)
        throw new Error(`case ${index} was not refused in words`, { cause: thrown });
    }
    if (index % 100 === 0) largest = Math.max(largest, process.memoryUsage().rss);
  }
  expect(largest - before.rss).toBeLessThan(growthBytes);
  return refused;
}
