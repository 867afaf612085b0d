import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  scriptedEngine,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from './support.ts';

afterEach(async () => {
  vi.restoreAllMocks();
  await closeBackends();
});

/** A studio with a run that has a checkpoint, and goes on. */
async function training(): Promise<{ backend: OpenBackend; id: string; resourcesDirectory: string }> {
  const resourcesDirectory = tinyResources();
  const backend = await openBackend({ resourcesDirectory, startEngine: realEngine });
  const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 1_000_000, save_steps: 5 };
  const { run } = await backend.handle('runs.create', { config });
  await expect
    .poll(async () => (await backend.handle('runs.get', { id: run.id })).checkpoints.length)
    .toBeGreaterThan(0);
  return { backend, id: run.id, resourcesDirectory };
}

it('ends a run whose home is moved away, with a sentence, and the run can be resumed when it is back', async () => {
  const { backend, id, resourcesDirectory } = await training();
  const away = `${backend.home}-away`;
  renameSync(backend.home, away);
  await backend.idle();
  const [job] = await backend.handle('jobs.list', { active: false });
  expect(job).toMatchObject({
    status: 'failed',
    error: { message: expect.stringMatching(/^The home folder .* was removed, moved or unmounted/) },
  });
  await backend.close();
  // A checkpoint that was being written at that moment makes its folders anew.
  rmSync(backend.home, { recursive: true, force: true });
  expect(existsSync(join(away, 'studio.sqlite'))).toBe(true);
  renameSync(away, backend.home);
  const again = await openBackend({ home: backend.home, resourcesDirectory, startEngine: realEngine });
  expect(await again.handle('runs.get', { id })).toMatchObject({
    status: 'failed',
    adapterId: null,
    error: { hint: expect.stringMatching(/^Put it back where it was/) },
    checkpoints: expect.arrayContaining([expect.objectContaining({ resumable: true })]),
  });
});

it('says that the home is gone where a file could not be written in it for that', async () => {
  let [home, away] = ['', ''];
  const backend = await openBackend({
    resourcesDirectory: tinyResources(),
    startEngine: scriptedEngine(async () => {
      renameSync(home, away);
      throw new Error('ENOENT: no such file or directory, rename');
    }),
  });
  home = backend.home;
  away = `${home}-away`;
  await backend.handle('runs.create', { config: { ...tinyConfig, dataset: tinyIdx(), max_steps: 2 } });
  await backend.idle();
  const [job] = await backend.handle('jobs.list', { active: false });
  expect(job?.error?.message).toMatch(/^The home folder .* was removed, moved or unmounted/);
  await backend.close();
  rmSync(home, { recursive: true, force: true });
  renameSync(away, home);
});

it('has no duration below zero where the clock is set back while a run trains', async () => {
  const { backend, id } = await training();
  const real = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => real() - 3 * 86_400_000);
  await backend.handle('runs.cancel', { id });
  await backend.idle();
  const run = await backend.handle('runs.get', { id });
  const job = (await backend.handle('jobs.list', { active: false })).find(({ subjectId }) => subjectId === id);
  for (const { startedAt, finishedAt } of [run, job ?? run])
    expect((finishedAt ?? 0) - (startedAt ?? 0)).toBeGreaterThanOrEqual(0);
});
