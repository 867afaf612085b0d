import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AdapterRecord } from '../../src-shared/domain/adapters/adapter.ts';
import type { JobRecord } from '../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../src-shared/domain/runs/run.ts';
import { keepSynced } from './power-loss.ts';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from './support.ts';

const resourcesDirectory = tinyResources();
const dataset = tinyIdx();
const config = { ...tinyConfig, dataset, compute_backend: 'wasm' as const, eval_samples: 10 };
let backend: OpenBackend;
let power: ReturnType<typeof keepSynced>;
let run: RunRecord;
let adapter: AdapterRecord;

beforeAll(async () => {
  backend = await openBackend({ startEngine: realEngine, resourcesDirectory });
  await backend.handle('settings.set', { forgetting: false });
  power = keepSynced(backend.home);
});
afterAll(async () => {
  power.restore();
  await closeBackends();
});

/** Opens what a loss of power leaves of the home. */
async function afterPowerLoss<Found>(look: (again: OpenBackend) => Promise<Found>): Promise<Found> {
  const home = power.losePower();
  const again = await openBackend({ startEngine: realEngine, resourcesDirectory, home });
  try {
    return await look(again);
  } finally {
    await again.close(0);
    rmSync(dirname(home), { recursive: true, force: true });
  }
}

const works: readonly [string, () => Promise<JobRecord>][] = [
  ['a training', async () => (await backend.handle('runs.create', { config })).job],
  ['another training', async () => (await backend.handle('runs.create', { config: { ...config, seed: 7 } })).job],
  [
    'a merge',
    async () => {
      const adapters = (await backend.handle('adapters.list', {})).map(({ id }) => ({ adapterId: id, weight: 0.5 }));
      return backend.handle('merge.start', { adapters, method: 'linear' });
    },
  ],
  ['a pruning', () => backend.handle('prune.start', { adapterId: adapter.id, method: 'svd', parameters: { rank: 1 } })],
  [
    'an evaluation',
    () =>
      backend.handle('evaluate.start', {
        model: 'tiny',
        dataset: run.datasetId,
        adapters: [{ adapter: { adapterId: adapter.id } }],
        eval_samples: 4,
      }),
  ],
  ['a report', () => backend.handle('reports.create', { runIds: [run.id] })],
];

it.each(works)('%s that has completed stays completed after a loss of power', async (_name, start) => {
  const { id } = await start();
  await backend.idle();
  expect(await backend.handle('jobs.get', { id })).toMatchObject({ status: 'completed', error: null });
  const kept = async (of: OpenBackend) => ({
    job: await of.handle('jobs.get', { id }),
    result: await of.handle('jobs.result', { id }),
    runs: await of.handle('runs.list', {}),
    adapters: await of.handle('adapters.list', {}),
    reports: (await of.handle('reports.list', {})).map(({ id, name }) => ({ id, name })),
  });
  const before = await kept(backend);
  expect(await afterPowerLoss(kept)).toEqual(before);
  [run = run] = before.runs;
  [adapter = adapter] = before.adapters;
});

const edits: readonly [string, () => Promise<unknown>, (of: OpenBackend) => Promise<unknown>][] = [
  [
    'the name, tags, star and note of a run',
    () => backend.handle('runs.update', { id: run.id, name: 'Mine', tags: ['a'], starred: true, note: 'Read this.' }),
    (of) => of.handle('runs.get', { id: run.id }),
  ],
  [
    'the name, tags and star of an adapter',
    () => backend.handle('adapters.update', { id: adapter.id, name: 'Best', tags: ['b'], starred: true }),
    (of) => of.handle('adapters.get', { id: adapter.id }),
  ],
  ['a setting', () => backend.handle('settings.set', { theme: 'dark' }), (of) => of.handle('settings.get', {})],
  ['a dataset', () => backend.handle('datasets.add', { path: tinyIdx() }), (of) => of.handle('datasets.list', {})],
  [
    'a target',
    () => backend.handle('targets.save', { name: 'lab', kind: 'slurm', host: 'node1', parameters: {} }),
    async (of) => (await of.handle('targets.list', {})).targets,
  ],
  [
    'a queued run',
    async () => {
      await backend.handle('settings.set', { queue_paused: true });
      await backend.handle('runs.create', { config, name: 'Waiting' });
    },
    async (of) => (await of.handle('runs.list', {})).map(({ name }) => name),
  ],
  [
    'the removal of an adapter',
    () => backend.handle('adapters.remove', { id: adapter.id }),
    async (of) => (await of.handle('adapters.list', {})).map(({ id }) => id),
  ],
];

it.each(edits)('keeps %s after a loss of power', async (_name, edit, look) => {
  const former = await look(backend);
  await edit();
  const now = await look(backend);
  expect(now).not.toEqual(former);
  expect(await afterPowerLoss(look)).toEqual(now);
});

it.each(['running', 'interrupted'])('completes a run by its run.json that the database has as %s', async (status) => {
  const first = await openBackend({ startEngine: realEngine, resourcesDirectory });
  await first.handle('settings.set', { forgetting: false });
  const { job, run: created } = await first.handle('runs.create', { config });
  await first.idle();
  const ended = await first.handle('runs.get', { id: created.id });
  expect(ended.status).toBe('completed');
  const result = await first.handle('jobs.result', { id: job.id });
  const adapters = await first.handle('adapters.list', {});
  await first.close();
  const database = new Database(join(first.home, 'studio.sqlite'));
  const lost = `UPDATE runs SET status = '${status}', result = NULL, adapter_id = NULL, finished_at = NULL, step = 1`;
  expect(database.prepare(lost).run().changes).toBe(1);
  database.prepare(`UPDATE jobs SET status = '${status}', finished_at = NULL`).run();
  database.prepare('DELETE FROM job_results').run();
  database.close();
  const second = await openBackend({ startEngine: realEngine, resourcesDirectory, home: first.home });
  expect(await second.handle('runs.get', { id: created.id })).toEqual(ended);
  expect(await second.handle('jobs.get', { id: job.id })).toMatchObject({ status: 'completed', error: null });
  expect(await second.handle('jobs.result', { id: job.id })).toEqual(result);
  expect(await second.handle('adapters.list', {})).toEqual(adapters);
});
