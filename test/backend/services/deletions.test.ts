import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
} from '../support.ts';

const minute = 60_000;
let backend: OpenBackend;
let dataset: string;
let runIds: string[];
beforeAll(async () => {
  backend = await openBackend({ startEngine: realEngine });
  dataset = (await backend.handle('datasets.add', { path: tinyIdx() })).id;
  runIds = [];
  for (const seed of [1, 2, 3])
    runIds.push((await backend.handle('runs.create', { config: { ...tinyConfig, dataset, seed } })).run.id);
  await backend.idle();
});
afterAll(closeBackends);

const listed = async (of = backend) => (await of.handle('runs.list', { archived: false })).map(({ id }) => id).sort();
const folderOf = (id: string) => join(backend.home, 'runs', id);

it('a deleted record is in no list, stays complete on disk, and can be restored', async () => {
  const [first = '', second = '', third = ''] = runIds;
  const lists: string[] = [];
  const stop = backend.on('list.changed', ({ list }) => lists.push(list));
  for (const id of [first, second]) {
    const { freedBytes } = await backend.handle('runs.remove', { id, undoMilliseconds: minute });
    expect(freedBytes).toBeGreaterThan(0);
  }
  expect(await listed()).toEqual([third]);
  expect(existsSync(folderOf(first))).toBe(true);
  // Events are gathered before they are sent.
  await expect.poll(() => lists).toContain('runs');
  await backend.handle('deletions.undo', { list: 'runs', ids: [first, second] });
  expect(await listed()).toEqual([...runIds].sort());
  stop();
});

it('deletes after the time limit, and then restoring is too late', async () => {
  const [, , third = ''] = runIds;
  await backend.handle('runs.remove', { id: third, undoMilliseconds: 30 });
  await expect.poll(() => existsSync(folderOf(third))).toBe(false);
  await expect(backend.handle('runs.get', { id: third })).rejects.toThrow(/no run/);
  await expect(backend.handle('deletions.undo', { list: 'runs', ids: [third] })).rejects.toThrow(/Too late to undo/);
});

it('a queued run does not start while it can be brought back, and comes back paused', async () => {
  await backend.handle('settings.set', { queue_paused: true });
  const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset, seed: 9 } });
  await backend.handle('runs.remove', { id: run.id, undoMilliseconds: minute });
  await backend.handle('settings.set', { queue_paused: false });
  await backend.idle();
  await backend.handle('deletions.undo', { list: 'runs', ids: [run.id] });
  expect(await backend.handle('runs.get', { id: run.id })).toMatchObject({ status: 'paused', step: 0 });
  await backend.handle('runs.remove', { id: run.id });
});

it('an adapter that a job has come to need is not deleted after all', async () => {
  const [first = ''] = runIds;
  const { adapterId } = await backend.handle('runs.get', { id: first });
  const id = adapterId ?? '';
  await backend.handle('settings.set', { queue_paused: true });
  await backend.handle('adapters.remove', { id, undoMilliseconds: minute });
  await backend.handle('evaluate.start', { model: 'tiny', dataset, adapters: [{ adapter: { adapterId: id } }] });
  // A model is deleted after what could still keep it: whether that may be, is asked now.
  await expect(backend.handle('models.remove', { id: 'tiny' })).rejects.toThrow(/bundled/);
  expect((await backend.handle('adapters.list', {})).map((one) => one.id)).toContain(id);
  expect(existsSync(join(backend.home, 'adapters', id))).toBe(true);
  await backend.handle('settings.set', { queue_paused: false });
  await backend.idle();
});

it('a crash in the meantime loses nothing; closing the studio deletes', async () => {
  const [first = '', second = ''] = runIds;
  await backend.handle('runs.remove', { id: first, undoMilliseconds: minute });
  // The home as a process that was killed now would leave it, but for the lock.
  const copy = temporaryFolder();
  cpSync(backend.home, copy, { recursive: true });
  rmSync(join(copy, 'backend.lock'), { force: true });
  const after = await openBackend({ home: copy, startEngine: realEngine });
  expect(await listed(after)).toEqual([first, second].sort());
  expect(await after.handle('runs.checkpoints', { id: first })).not.toEqual([]);
  await backend.close();
  expect(existsSync(folderOf(first))).toBe(false);
  expect(existsSync(folderOf(second))).toBe(true);
});
