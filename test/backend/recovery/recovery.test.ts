import { existsSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listBackups } from '../../../src-main/store/backups.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { RunSamples } from '../../../src-shared/domain/runs/run-samples.ts';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

/** A home with a run that is done, one that is paused, and a backup of the day. */
let home: string;
let resourcesDirectory: string;
let done: RunRecord;
let paused: RunRecord;
let losses: readonly number[];
let samples: RunSamples;

const open = (options: Partial<Parameters<typeof openBackend>[0]> = {}): Promise<OpenBackend> =>
  openBackend({ home, resourcesDirectory, startEngine: realEngine, ...options });

beforeAll(async () => {
  resourcesDirectory = tinyResources();
  const backend = await openBackend({ resourcesDirectory, startEngine: realEngine });
  home = backend.home;
  const config = { ...tinyConfig, dataset: tinyIdx(), save_steps: 1, logging_steps: 1, eval_steps: 1 };
  const first = await backend.handle('runs.create', { config, name: 'Done', tags: ['kept'] });
  await backend.idle();
  done = await backend.handle('runs.get', { id: first.run.id });
  expect(done.status).toBe('completed');
  samples = await backend.handle('runs.samples', { id: done.id });
  expect(samples.steps.map(({ step }) => step)).toEqual([1, 2]);
  losses = [...(await backend.handle('runs.curve', { id: done.id, metric: 'loss' })).mean];
  const second = await backend.handle('runs.create', { config: { ...config, max_steps: 1_000_000 }, name: 'Paused' });
  while (backend.seen('run.changed').every(({ id, step }) => id !== second.run.id || step < 2))
    await new Promise((resolve) => setTimeout(resolve, 10));
  await backend.handle('runs.pause', { id: second.run.id });
  await backend.idle();
  paused = await backend.handle('runs.get', { id: second.run.id });
  await backend.close();
  // The first opening of a home with work makes the backup of the day, and closing waits for it.
  await (await open()).close();
});
afterAll(closeBackends);

const database = (): string => join(home, 'studio.sqlite');

describe('a home whose database is lost', () => {
  it('has a backup of the day, and is backed up once a day', async () => {
    const [backup, ...others] = listBackups(join(home, 'backups'));
    expect(backup).toMatchObject({ kind: 'daily' });
    expect(others).toEqual([]);
    const copy = new SqliteDatabase(backup?.path ?? '', { readonly: true });
    expect(copy.prepare('SELECT count(*) FROM runs').pluck().get()).toBe(2);
    copy.close();
    await (await open()).close();
    expect(readdirSync(join(home, 'backups'))).toHaveLength(1);
  });

  it('is not taken for a new one, whether the database is empty or gone', async () => {
    truncateSync(database(), 0);
    await expect(open()).rejects.toMatchObject({ code: 'damaged_home', message: expect.stringContaining('is empty') });
    rmSync(database());
    await expect(open()).rejects.toMatchObject({
      code: 'damaged_home',
      message: expect.stringContaining('is missing'),
    });
    expect(existsSync(join(home, 'adapters', done.adapterId ?? ''))).toBe(true);
  });

  it('is restored from its backup', async () => {
    writeFileSync(database(), 'garbage');
    const backend = await open({ recovery: 'restore' });
    expect(backend.recovered).toMatchObject({
      way: 'restore',
      added: { models: 0, runs: 0, adapters: 0 },
      skipped: [],
    });
    expect(await backend.handle('runs.get', { id: done.id })).toEqual(done);
    await backend.close();
    expect(readdirSync(join(home, 'damaged')).flatMap((time) => readdirSync(join(home, 'damaged', time)))).toEqual([
      'studio.sqlite',
    ]);
  });

  it('is rebuilt from the folders: the run that is done, its adapter, and the one that can be resumed', async () => {
    rmSync(join(home, 'backups'), { recursive: true });
    rmSync(database());
    const broken = join(home, 'adapters', 'adapter-0123456789');
    renameSync(join(home, 'runs', paused.id, 'checkpoints'), join(home, 'kept'));
    await expect(open({ recovery: 'restore' })).rejects.toMatchObject({ code: 'damaged_home' });
    renameSync(join(home, 'kept'), join(home, 'runs', paused.id, 'checkpoints'));
    const backend = await open({ recovery: 'rebuild' });
    expect(existsSync(broken)).toBe(false);
    expect(backend.recovered).toMatchObject({
      way: 'rebuild',
      backupAt: null,
      added: { runs: 2, adapters: 1 },
      skipped: [],
    });
    const [run] = (await backend.handle('runs.list', {})).filter(({ id }) => id === done.id);
    expect(run).toMatchObject({
      name: 'Done',
      status: 'completed',
      tags: ['kept'],
      config: done.config,
      result: done.result,
      adapterId: done.adapterId,
      step: done.step,
    });
    const curve = await backend.handle('runs.curve', { id: done.id, metric: 'loss' });
    expect([...curve.steps]).toEqual([0, 1]);
    // To the last bit: from the history beside the checkpoints, not from the event file.
    expect([...curve.mean]).toEqual(losses);
    expect(await backend.handle('runs.samples', { id: done.id })).toEqual(samples);
    expect(await backend.handle('adapters.get', { id: done.adapterId ?? '' })).toMatchObject({
      name: 'Done',
      modelId: done.modelId,
      origin: { kind: 'run', runId: done.id },
    });
    const before = await backend.handle('runs.get', { id: paused.id });
    expect(before).toMatchObject({ status: 'interrupted', step: paused.step, name: 'Paused' });
    await backend.handle('runs.resume', { id: paused.id });
    while (backend.seen('run.changed').every(({ id, step }) => id !== paused.id || step <= paused.step))
      await new Promise((resolve) => setTimeout(resolve, 10));
    await backend.handle('runs.pause', { id: paused.id });
    await backend.idle();
    expect(await backend.handle('runs.get', { id: paused.id })).toMatchObject({ status: 'paused', error: null });
    await backend.close();
  });
});
