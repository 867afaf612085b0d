import { afterEach, expect, it, vi } from 'vitest';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { closeBackends, openBackend, scriptedEngine, tinyConfig, tinyIdx } from '../support.ts';

const free = vi.hoisted(() => ({ bytes: 0 }));
vi.mock('../../../src-main/files/free-disk.ts', () => ({ freeDiskBytes: async () => free.bytes }));

afterEach(closeBackends);

/** A backend with three queued runs: each fails as long as the disk is full. */
async function withQueuedRuns(freeBytes: number) {
  free.bytes = freeBytes;
  const started: string[] = [];
  const { promise: queued, resolve: begin } = Promise.withResolvers<void>();
  const backend = await openBackend({
    startEngine: scriptedEngine(async ({ task }) => {
      if (task.kind !== 'train') throw new Error('no training');
      started.push(task.runDirectory);
      await queued;
      throw new StudioError('disk_full', 'The checkpoint cannot be written: the disk is full.', 'Free some space.');
    }),
  });
  const dataset = tinyIdx();
  const runs: { readonly run: { readonly id: string } }[] = [];
  for (const seed of [1, 2, 3])
    runs.push(await backend.handle('runs.create', { config: { ...tinyConfig, dataset, seed } }));
  begin();
  const statuses = async () => {
    const found = [];
    for (const { run } of runs) found.push((await backend.handle('runs.get', { id: run.id })).status);
    return found;
  };
  const warnings = () => backend.seen('notification').filter(({ level }) => level === 'warning');
  return { backend, dataset, started, statuses, warnings };
}

it('keeps the other runs queued when one fails on a full disk, with one message, until there is space', async () => {
  const { backend, started, statuses, warnings } = await withQueuedRuns(1000);
  await vi.waitFor(async () => expect(await statuses()).toEqual(['failed', 'queued', 'queued']));
  await vi.waitFor(() => expect(warnings().map(({ title }) => title)).toEqual(['The queue waits for free disk space']));
  await backend.idle();
  expect(started).toHaveLength(1);
  expect(warnings()).toHaveLength(1);
  free.bytes = 2 ** 30;
  // The disk is looked at every few seconds.
  await vi.waitFor(() => expect(started).toHaveLength(3), { timeout: 30_000 });
});

it('starts the next run at once if the disk of the home has space: another disk is full', async () => {
  const { backend, statuses, warnings } = await withQueuedRuns(2 ** 30);
  await vi.waitFor(async () => expect(await statuses()).toEqual(['failed', 'failed', 'failed']));
  await backend.idle();
  expect(warnings()).toEqual([]);
});

it('tries again when the person queues another run', async () => {
  const { backend, dataset, started, warnings } = await withQueuedRuns(1000);
  await vi.waitFor(() => expect(warnings()).toHaveLength(1));
  await backend.handle('runs.create', { config: { ...tinyConfig, dataset, seed: 4 } });
  await vi.waitFor(() => expect(started).toHaveLength(2));
  await vi.waitFor(() => expect(warnings()).toHaveLength(2));
});
