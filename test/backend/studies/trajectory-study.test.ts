import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { RequestInput } from '../../../src-shared/contract/requests.ts';
import { closeBackends, openBackend, tinyConfig, tinyIdx, tinyResources } from '../support.ts';
import { countingEngine } from './counting-engine.ts';

afterEach(closeBackends);

type Given = RequestInput<'studies.create'>['config'];

const config = (dataset: string, more: object = {}): Given => ({
  kind: 'trajectory' as const,
  run: { ...tinyConfig, max_steps: 4, dataset, compute_backend: 'wasm' as const },
  // Batches of two sizes do not train together.
  grid: { per_device_train_batch_size: [4, 8] },
  seeds: [1, 2],
  shares: [0.5, 1],
  forgetting: false,
  ...more,
});

it('scores the checkpoints of its runs, resumes after a kill, and takes checkpoints that are on disk', async () => {
  const dataset = tinyIdx(8, 3);
  const done = async (deaths: readonly number[]) => {
    const { start, counts } = countingEngine(deaths);
    const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
    const studied = async (given: Given) => {
      const { study } = await backend.handle('studies.create', { config: given });
      await backend.idle();
      return backend.handle('studies.get', { id: study.id });
    };
    return { backend, counts, studied, study: await studied(config(dataset)) };
  };

  const { backend, counts, studied, study } = await done([]);
  expect(study.error).toBeNull();
  expect(study.config).toMatchObject({ total_steps: 4, run: { save_steps: 2 } });
  const { result } = study;
  if (result?.kind !== 'trajectory') throw new Error('another kind');
  expect(result.checkpoints.map(({ share, step }) => [share, step])).toEqual([
    [0.5, 2],
    [1, 4],
  ]);
  expect(result.checkpoints[0]?.outcomes.map(({ label }) => label)).toEqual([
    'Alone',
    'Factor average of two seeds',
    'Every other layer',
  ]);
  expect(counts.trainings).toHaveLength(4);
  // Two cells × two checkpoints × (2 alone + 1 pair + 2 pruned).
  expect(counts.scores).toBe(20);

  // An adapter made of the checkpoint by hand has the same content, so that its score is known.
  const runs = await backend.handle('runs.list', {});
  const run = runs.find(({ config: { per_device_train_batch_size: batch, seed } }) => batch === 4 && seed === 2);
  const folder = run?.checkpoints.find(({ kind, step }) => kind === 'step' && step === 2)?.folder;
  if (run === undefined || folder === undefined) throw new Error('no checkpoint');
  const { id: adapterId } = await backend.handle('runs.saveAdapter', { id: run.id, folder });
  const alone = await studied({
    kind: 'pruning',
    dataset,
    patterns: [],
    grids: [],
    adapters: [{ label: 'half', coto: false, seed: 2, adapter: { adapterId } }],
  });
  expect(alone.error).toBeNull();
  if (alone.result?.kind !== 'pruning') throw new Error('another kind');
  expect(alone.result.adapters[0]?.unpruned.accuracy).toBe(
    result.checkpoints[0]?.outcomes[0]?.cells[0]?.values[1]?.value,
  );

  expect(counts.scores).toBe(20);

  // Half of a training is on disk already; the adapters are copied in once, and archived.
  const before = (await backend.handle('adapters.list', {})).length;
  const again = await studied(config(dataset, { shares: [0.5], scores: ['alone'] }));
  expect(again.status).toBe('completed');
  expect(counts.trainings).toHaveLength(4);
  expect((await backend.handle('adapters.list', {})).length).toBe(before);

  // Killed before its third training.
  const killed = await done([2]);
  expect(killed.study.status).toBe('interrupted');
  await killed.backend.handle('studies.resume', { id: killed.study.id });
  await killed.backend.idle();
  const resumed = await killed.backend.handle('studies.get', { id: killed.study.id });
  expect(resumed.result).toEqual(result);
  expect(killed.counts.trainings).toHaveLength(4);
});

it('refuses before any training what no checkpoint can answer', async () => {
  const dataset = tinyIdx(8, 3);
  const { start, counts } = countingEngine([]);
  const backend = await openBackend({ startEngine: start, resourcesDirectory: tinyResources() });
  const create = (given: Given) => backend.handle('studies.create', { config: given });
  // The tiny studio has no neutral inputs.
  await expect(create(config(dataset, { forgetting: true }))).rejects.toThrow(/^forgetting: there is nothing/);
  await expect(backend.handle('studies.create', { config: config(dataset), target: 'slurm' })).rejects.toThrow(
    /^Runs that are trained elsewhere bring back their adapter, but not the checkpoints/,
  );
  expect(counts.trainings).toHaveLength(0);

  const small = { seeds: [1], grid: {}, scores: ['alone'] };
  await create(config(dataset, small));
  await backend.idle();
  const [run] = await backend.handle('runs.list', {});
  const archived = (await backend.handle('adapters.list', {})).find((adapter) => adapter.archived);
  const step = run?.checkpoints.find(({ kind }) => kind === 'step');
  if (run === undefined || step === undefined || archived === undefined) throw new Error('no checkpoint');
  await backend.handle('adapters.remove', { id: archived.id });
  rmSync(join(backend.home, step.folder), { recursive: true });
  const saved = { run: { ...tinyConfig, max_steps: 4, dataset, compute_backend: 'wasm', save_steps: 2 } };
  await expect(create(config(dataset, { ...small, ...saved }))).rejects.toThrow(
    `The run "${run.name}" is complete, but its checkpoint of step 2 is not on disk.`,
  );
});
