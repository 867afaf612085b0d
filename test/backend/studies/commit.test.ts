import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test('a build names the commit of its build, whatever the checkout', async () => {
  vi.stubGlobal('BUILD_COMMIT', '0123abc + changes');
  const { sourceCommit } = await import('../../../src-main/backend/studies/commit.ts');
  expect(await sourceCommit()).toBe('0123abc + changes');
});

test('a build outside a checkout has no commit, though it now lies in one', async () => {
  vi.stubGlobal('BUILD_COMMIT', null);
  const { sourceCommit } = await import('../../../src-main/backend/studies/commit.ts');
  expect(await sourceCommit()).toBeNull();
});

test('sources that run as they are name the commit of their checkout', async () => {
  const { readCommit, sourceCommit } = await import('../../../src-main/backend/studies/commit.ts');
  expect(await sourceCommit()).toBe(await readCommit());
});
