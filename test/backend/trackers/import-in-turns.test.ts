import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import { closeBackends, type OpenBackend, openBackend, realEngine, temporaryFolder } from '../support.ts';

const databaseName = 'studio.sqlite';
let backend: OpenBackend;
let reading: Database;
beforeEach(async () => {
  backend = await openBackend({ startEngine: realEngine });
  reading = new SqliteDatabase(join(backend.home, databaseName), { readonly: true });
});
afterEach(async () => {
  reading.close();
  await backend.close();
});
afterAll(closeBackends);

const countOf = (table: 'runs' | 'metrics' | 'metric_buckets', database = reading): number =>
  Number(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get());

/** A trainer_state.json with a loss a step, which is `factor` times the step. */
function write(path: string, steps: number, factor = 1): string {
  const log = Array.from({ length: steps }, (_, at) => ({ step: at + 1, loss: factor * (at + 1) }));
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, JSON.stringify({ log_history: log }));
  return path;
}

const newFile = (): string => join(temporaryFolder(), 'recorded', 'trainer_state.json');

/** Imports, and calls `each` in every turn of the event loop in which some but not all of the values are stored. */
async function importing(
  path: string,
  total: number,
  each: (stored: number) => Promise<void> | void,
): Promise<RequestOutput<'runs.import'>> {
  const before = countOf('metrics');
  let isOver = false;
  const answer = backend.handle('runs.import', { path }).finally(() => {
    isOver = true;
  });
  answer.catch(() => undefined);
  for (let last = 0; !isOver; await setImmediate()) {
    const stored = countOf('metrics') - before;
    if (stored > last && stored < total) await each(stored);
    last = stored;
  }
  return answer;
}

/** The database as a kill at this moment would leave it, in a new home. */
function killedHome(): string {
  const home = join(temporaryFolder(), 'killed');
  mkdirSync(home, { recursive: true });
  for (const name of readdirSync(backend.home))
    if (name === databaseName || name === `${databaseName}-wal`)
      copyFileSync(join(backend.home, name), join(home, name));
  return home;
}

async function lossesOf(of: OpenBackend, id: string): Promise<{ last: number; lastLoss: number }> {
  const { ends, mean } = await of.handle('runs.curve', { id, metric: 'loss', buckets: 65_536 });
  return { last: ends.at(-1) ?? 0, lastLoss: mean.at(-1) ?? 0 };
}

test('other requests are answered between the pieces of an import, and see nothing of it', async () => {
  const seen: number[] = [];
  const { runs } = await importing(write(newFile(), 30_000), 30_000, async (stored) => {
    seen.push(stored);
    for (const archived of [false, true]) expect(await backend.handle('runs.list', { archived })).toEqual([]);
    const [staged] = reading.prepare('SELECT id FROM runs').pluck().all();
    await expect(backend.handle('runs.get', { id: String(staged) })).rejects.toMatchObject({ code: 'not_found' });
  });
  // 30 000 values are 15 pieces; a turn may see two of them.
  expect(seen.length).toBeGreaterThan(5);
  expect(await backend.handle('runs.list', {})).toEqual(runs);
  expect(await lossesOf(backend, runs[0]?.id ?? '')).toEqual({ last: 30_000, lastLoss: 30_000 });
  const job = (await backend.handle('jobs.list', { active: false })).find(({ kind }) => kind === 'import-runs');
  expect(job).toMatchObject({ status: 'completed', title: 'Import trainer_state.json' });
  expect(job?.progress).toMatchObject({ done: 30_000, total: 30_000, unit: 'values' });
});

test('a cancel leaves nothing of an import, and a run that was imported before as it was', async () => {
  const path = newFile();
  const cancel = async (): Promise<void> => {
    for (const { id } of await backend.handle('jobs.list', { active: true }))
      await backend.handle('jobs.cancel', { id });
  };
  const failure = (error: StudioError) => error.code;
  expect(await importing(write(path, 30_000), 30_000, cancel).catch(failure)).toBe('cancelled');
  expect([countOf('runs'), countOf('metrics'), countOf('metric_buckets')]).toEqual([0, 0, 0]);
  const { runs } = await backend.handle('runs.import', { path: write(path, 100) });
  expect(await importing(write(path, 30_000), 30_000, cancel).catch(failure)).toBe('cancelled');
  expect(await backend.handle('runs.list', {})).toEqual(runs);
  expect(await lossesOf(backend, runs[0]?.id ?? '')).toEqual({ last: 100, lastLoss: 100 });
  expect([countOf('runs'), countOf('metrics'), countOf('metric_buckets')]).toEqual([1, 100, 2]);
});

test('a kill in the middle leaves nothing after the next opening', async () => {
  const path = newFile();
  const killed: string[] = [];
  await importing(write(path, 20_000), 20_000, () => void killed.push(killedHome()));
  expect(killed.length).toBeGreaterThan(2);
  for (const home of killed.slice(0, 3)) {
    const before = new SqliteDatabase(join(home, databaseName));
    expect(countOf('metrics', before)).toBeGreaterThan(0);
    before.close();
    const again = await openBackend({ startEngine: realEngine, home });
    expect(await again.handle('runs.list', {})).toEqual([]);
    await again.close();
    const left = new SqliteDatabase(join(home, databaseName));
    expect([countOf('runs', left), countOf('metrics', left), countOf('metric_buckets', left)]).toEqual([0, 0, 0]);
    left.close();
  }
});

test('a run that is imported again has all of the old values or all of the new ones, however it is killed', async () => {
  const path = newFile();
  const [run] = (await backend.handle('runs.import', { path: write(path, 20_000) })).runs;
  const id = run?.id ?? '';
  await backend.handle('runs.update', { id, note: 'mine' });
  const found = new Set<string>();
  const homes: string[] = [];
  let isOver = false;
  const answer = backend.handle('runs.import', { path: write(path, 30_000, 2) }).finally(() => {
    isOver = true;
  });
  let last = 0;
  for (; !isOver; await setImmediate()) {
    const stored = countOf('metrics');
    if (Math.abs(stored - last) > 6000) {
      homes.push(killedHome());
      last = stored;
    }
  }
  expect((await answer).runs).toMatchObject([{ id, note: 'mine', step: 30_000 }]);
  expect(await lossesOf(backend, id)).toEqual({ last: 30_000, lastLoss: 60_000 });
  expect([countOf('runs'), countOf('metrics')]).toEqual([2, 30_000]);
  for (const home of homes) {
    const again = await openBackend({ startEngine: realEngine, home });
    expect(await again.handle('runs.list', {})).toMatchObject([{ id, note: 'mine' }]);
    const { last: step, lastLoss } = await lossesOf(again, id);
    await again.close();
    const left = new SqliteDatabase(join(home, databaseName));
    found.add([step, lastLoss, countOf('runs', left), countOf('metrics', left)].join(' '));
    left.close();
  }
  expect([...found].sort()).toEqual(['20000 20000 1 20000', '30000 60000 2 30000']);
  await backend.handle('runs.import', { path: write(path, 10) });
  expect(await lossesOf(backend, id)).toEqual({ last: 10, lastLoss: 10 });
  expect([countOf('runs'), countOf('metrics')]).toEqual([2, 10]);
  await backend.handle('runs.remove', { id });
  expect([countOf('runs'), countOf('metrics'), countOf('metric_buckets')]).toEqual([0, 0, 0]);
});

test('an import that the studio ends while it goes on is gone at the next opening', async () => {
  let closing: Promise<void> | null = null;
  const { home } = backend;
  const failed = importing(write(newFile(), 30_000), 30_000, () => {
    closing ??= backend.close();
  });
  await expect(failed).rejects.toThrow();
  await closing;
  backend = await openBackend({ startEngine: realEngine, home });
  expect(await backend.handle('runs.list', {})).toEqual([]);
  expect([countOf('runs'), countOf('metrics')]).toEqual([0, 0]);
});
