import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { closeBackends, openBackend, scriptedEngine, temporaryFolder, tinyConfig, tinyIdx } from '../support.ts';

afterEach(closeBackends);

/** An engine that never ends what it was given. */
const idle = scriptedEngine(async ({ nextSignal }) => {
  await nextSignal();
  return { kind: 'train', outcome: 'paused', result: null, adapterDirectory: null, adapterStep: null };
});

it('a copy of a home starts nothing of its queue, and what can be resumed waits', async () => {
  const home = join(temporaryFolder(), 'home');
  const backend = await openBackend({ home, startEngine: idle });
  const dataset = tinyIdx();
  for (const seed of [1, 2])
    await backend.handle('runs.create', { config: { ...tinyConfig, dataset, seed, max_steps: seed } });
  await expect
    .poll(async () => (await backend.handle('jobs.list', {})).map(({ status }) => status))
    .toContain('running');
  await backend.close();

  const copy = join(temporaryFolder(), 'copy');
  cpSync(home, copy, { recursive: true });
  const opened = await openBackend({ home: copy, startEngine: idle });
  const jobs = await opened.handle('jobs.list', { active: false });
  expect(jobs.map(({ status }) => status)).toEqual(['paused', 'interrupted']);
  expect(jobs[1]?.error?.message).toContain('opened in another place than before');
  await opened.handle('runs.resume', { id: jobs[1]?.subjectId ?? '' });
  await expect
    .poll(async () => (await opened.handle('jobs.list', { active: false })).map(({ status }) => status))
    .toContain('running');
  await opened.close();

  // The same folder again goes on by itself.
  const again = await openBackend({ home, startEngine: idle });
  await expect.poll(async () => (await again.handle('jobs.list', {})).map(({ status }) => status)).toContain('running');
  expect(existsSync(join(home, 'backend.place'))).toBe(true);
});
