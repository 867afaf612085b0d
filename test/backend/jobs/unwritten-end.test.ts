import SqliteDatabase from 'better-sqlite3';
import { afterEach, expect, it, vi } from 'vitest';
import { column } from '../../src-shared/curves/make-curve.ts';
import { closeBackends, openBackend, scriptedEngine, tinyConfig, tinyIdx } from '../support.ts';
import { tellAtOnce } from '../tell-at-once.ts';

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await closeBackends();
});

/** From now on every write to a database fails, as on a full disk, until the returned function is called. */
function fillDisk(): () => void {
  const statement = Object.getPrototypeOf(new SqliteDatabase(':memory:').prepare('SELECT 1'));
  const full = vi.spyOn(statement, 'run').mockImplementation(() => {
    throw new SqliteDatabase.SqliteError('database or disk is full', 'SQLITE_FULL');
  });
  return () => full.mockRestore();
}

/** A run of a backend whose disk is filled while the run trains; the run has ended. */
async function runOnFullDisk() {
  tellAtOnce();
  let free: () => void = () => {};
  let starts = 0;
  const backend = await openBackend({
    startEngine: scriptedEngine(async ({ emit, nextSignal }) => {
      if (starts++ === 0) {
        free = fillDisk();
        emit({ kind: 'metrics', columns: [column('loss', [0], [1])] });
        await nextSignal();
      }
      return { kind: 'train', outcome: 'cancelled', result: null, adapterDirectory: null, adapterStep: null };
    }),
  });
  const { run, job } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset: tinyIdx() } });
  await backend.idle();
  return { backend, id: run.id, jobId: job.id, free: () => free(), starts: () => starts };
}

const ended = {
  status: 'failed',
  error: { code: 'disk_full', message: expect.stringContaining('The disk is full') },
  finishedAt: expect.any(Number),
};

it('a run that ends while the database cannot be written shows its end and its reason at once', async () => {
  const { backend, id, jobId, free } = await runOnFullDisk();
  expect(await backend.handle('runs.get', { id })).toMatchObject(ended);
  expect(await backend.handle('runs.list', {})).toMatchObject([ended]);
  expect(await backend.handle('jobs.get', { id: jobId })).toMatchObject(ended);
  expect(await backend.handle('jobs.list', { active: true })).toEqual([]);
  expect(backend.seen('run.changed').at(-1)).toMatchObject(ended);
  expect(backend.seen('notification')).toHaveLength(1);
  // An attempt to resume it on the full disk changes nothing.
  await expect(backend.handle('runs.resume', { id })).rejects.toMatchObject({ code: 'disk_full' });
  expect(await backend.handle('runs.get', { id })).toMatchObject(ended);
  free();
});

it('the end is stored once there is space, and survives the next start', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { backend, id, jobId, free } = await runOnFullDisk();
  await vi.advanceTimersByTimeAsync(10_000);
  free();
  await vi.advanceTimersByTimeAsync(10_000);
  vi.useRealTimers();
  await backend.close();
  const again = await openBackend({ home: backend.home, startEngine: scriptedEngine(() => Promise.reject()) });
  expect(await again.handle('runs.get', { id })).toMatchObject(ended);
  expect(await again.handle('jobs.get', { id: jobId })).toMatchObject(ended);
  const log = await again.handle('runs.log', { id });
  expect(log.filter(({ level }) => level === 'error')).toHaveLength(1);
});

it('a run that is tried again before its end was stored is not ended afterwards', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { backend, id, free, starts } = await runOnFullDisk();
  free();
  await backend.handle('runs.resume', { id });
  await backend.idle();
  expect(starts()).toBe(2);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await backend.handle('runs.get', { id })).toMatchObject({ status: 'cancelled', error: null });
});
