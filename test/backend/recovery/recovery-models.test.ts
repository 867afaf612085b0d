import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { goldenPath } from '../../engine/golden.ts';
import {
  closeBackends,
  openBackend,
  realEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

let resourcesDirectory: string;
let home: string;
let run: RunRecord;

/** A home with a run on a model that lies in it, which has the shape of the bundled one, and no database any more. */
beforeEach(async () => {
  resourcesDirectory = tinyResources();
  home = join(temporaryFolder(), 'home');
  const model = join(home, 'models', 'mine');
  cpSync(goldenPath('vit-28', 'base'), model, { recursive: true });
  const config = join(model, 'config.json');
  writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), another: true }));
  const backend = await openBackend({ home, resourcesDirectory, startEngine: realEngine });
  const { id } = await backend.handle('models.add', { path: model, name: 'My model' });
  const created = await backend.handle('runs.create', { config: { ...tinyConfig, model: id, dataset: tinyIdx() } });
  await backend.idle();
  run = await backend.handle('runs.get', { id: created.run.id });
  expect(run).toMatchObject({ status: 'completed', modelId: id });
  await backend.close();
});
afterEach(closeBackends);

const open = (recovery: 'rebuild' | null) =>
  openBackend({ home, resourcesDirectory, startEngine: realEngine, ...(recovery === null ? {} : { recovery }) });

function loseDatabase(): void {
  rmSync(join(home, 'backups'), { recursive: true, force: true });
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(home, `studio.sqlite${suffix}`), { force: true });
}

async function expectBase(backend: Awaited<ReturnType<typeof open>>, modelId: string): Promise<void> {
  const found = await backend.handle('runs.get', { id: run.id });
  expect(found).toMatchObject({ modelId, status: 'completed', adapterId: run.adapterId });
  expect(found.origin).toBeUndefined();
  expect(found.config).toEqual({ ...run.config, model: modelId });
  expect(await backend.handle('adapters.get', { id: run.adapterId ?? '' })).toMatchObject({
    modelId,
    foreignBase: null,
  });
}

it('a model in the home comes back as the base of its runs, with its id and name', async () => {
  loseDatabase();
  const backend = await open('rebuild');
  expect(backend.recovered).toMatchObject({ added: { models: 1, runs: 1, adapters: 1 }, skipped: [] });
  expect(await backend.handle('models.get', { id: run.modelId })).toMatchObject({
    name: 'My model',
    path: join(home, 'models', 'mine'),
  });
  await expectBase(backend, run.modelId);
});

it('one whose folder was renamed is known by its content, not by its shape', async () => {
  loseDatabase();
  renameSync(join(home, 'models', 'mine'), join(home, 'models', 'renamed'));
  const backend = await open('rebuild');
  expect(await backend.handle('models.get', { id: run.modelId })).toMatchObject({
    name: 'My model',
    path: join(home, 'models', 'renamed'),
  });
  await expectBase(backend, run.modelId);
});

it('a run that is found after its model was added anew goes to that one', async () => {
  loseDatabase();
  // An earlier version wrote no records, which keep the id of the model.
  rmSync(join(home, 'records'), { recursive: true });
  const away = [join('runs', run.id), join('adapters', run.adapterId ?? '')];
  for (const [index, path] of away.entries()) renameSync(join(home, path), join(home, `${index}`));
  const first = await open('rebuild');
  const { id } = (await first.handle('models.list', {})).find(({ bundled }) => !bundled) ?? { id: '' };
  expect(id).not.toBe(run.modelId);
  await first.close();
  for (const [index, path] of away.entries()) renameSync(join(home, `${index}`), join(home, path));
  await expectBase(await open(null), id);
});

it('an adapter whose run is gone finds its base by its fingerprint, where two models have the shape', async () => {
  rmSync(join(home, 'runs', run.id), { recursive: true });
  loseDatabase();
  const backend = await open('rebuild');
  expect(backend.recovered).toMatchObject({ added: { models: 1, runs: 0, adapters: 1 }, skipped: [] });
  const { modelId } = await backend.handle('adapters.get', { id: run.adapterId ?? '' });
  expect(await backend.handle('models.get', { id: modelId ?? '' })).toMatchObject({
    path: join(home, 'models', 'mine'),
  });
});

it('a record rebuilt without its base gets it once the model exists again', async () => {
  loseDatabase();
  const away = join(temporaryFolder(), 'away');
  renameSync(join(home, 'models', 'mine'), away);
  const before = await open('rebuild');
  expect((await before.handle('runs.get', { id: run.id })).modelId).toBe('');
  await before.handle('runs.update', { id: run.id, name: 'Renamed', tags: ['kept'] });
  await before.handle('models.add', { path: goldenPath('llama', 'base') });
  expect(await before.handle('app.fillInBases', {})).toEqual({ runs: 0, adapters: 0 });
  const { id } = await before.handle('models.add', { path: away, name: 'Mine again' });
  expect(await before.handle('app.fillInBases', {})).toEqual({ runs: 1, adapters: 1 });
  await expectBase(before, id);
  expect(await before.handle('runs.get', { id: run.id })).toMatchObject({ name: 'Renamed', tags: ['kept'] });
  expect(await before.handle('app.fillInBases', {})).toEqual({ runs: 0, adapters: 0 });
  await before.close();
  // Reopens the home like the next start.
  await expectBase(await open(null), id);
});

it('an imported adapter notes the fingerprint of its base, by which it is known after a rebuild', async () => {
  const before = await open(null);
  const path = goldenPath('vit-28', 'adapters', 'lora');
  const { id, modelId, sha256 } = await before.handle('adapters.import', { path, modelId: run.modelId });
  expect(modelId).toBe(run.modelId);
  await before.close();
  loseDatabase();
  const after = await open('rebuild');
  expect(await after.handle('adapters.get', { id })).toMatchObject({ modelId, foreignBase: null, sha256 });
});

it('a home that was moved is rebuilt as it is: run.json names a model of the home below it', async () => {
  const file = join(home, 'runs', run.id, 'run.json');
  const content = JSON.parse(readFileSync(file, 'utf8'));
  expect(content.model).toMatchObject({ name: 'My model', path: 'models/mine' });
  // Earlier versions wrote neither a fingerprint nor a relative path.
  const model = { name: 'My model', path: join(home, 'models', 'mine') };
  writeFileSync(file, JSON.stringify({ ...content, model }));
  loseDatabase();
  const before = await open('rebuild');
  await expectBase(before, run.modelId);
  await before.close();

  writeFileSync(file, JSON.stringify({ ...content, model: { ...content.model, fingerprint: null } }));
  loseDatabase();
  const moved = join(home, '..', 'moved');
  renameSync(home, moved);
  home = moved;
  const after = await open('rebuild');
  await expectBase(after, run.modelId);
  expect(await after.handle('models.get', { id: run.modelId })).toMatchObject({ path: join(moved, 'models', 'mine') });
});
