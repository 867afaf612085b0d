import { expect, test } from 'vitest';
import { PageReloads } from '../../src-main/shell/page-reloads.ts';

test('a page is loaded again three times a minute and no more, until its process has lasted', () => {
  const reloads = new PageReloads();
  expect([0, 10_000, 20_000, 30_000].map((now) => reloads.mayReload(now))).toEqual([true, true, true, false]);
  expect(reloads.mayReload(59_000)).toBe(false);
  expect(reloads.mayReload(150_000)).toBe(true);
});
