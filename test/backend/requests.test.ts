import { cpSync, existsSync, mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requests } from '../../src-shared/contract/requests.ts';
import { goldenPath } from '../engine/golden.ts';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  scriptedEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
} from './support.ts';

let backend: OpenBackend;
const dataset = tinyIdx();
beforeAll(async () => {
  backend = await openBackend({ startEngine: scriptedEngine(() => new Promise(() => undefined)) });
});
afterAll(closeBackends);

describe('requests', () => {
  it('by a name that is none, even an inherited one, are answered not_found', async () => {
    for (const name of ['toString', 'constructor', '__proto__', 'runs.fly'])
      await expect(backend.dispatch(name, {})).rejects.toMatchObject({ code: 'not_found' });
  });

  it('with a bad argument name the field', async () => {
    await expect(backend.dispatch('runs.get', { id: 5 })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('id'),
    });
    await expect(backend.dispatch('runs.get', { id: 'x', more: 1 })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('for what is not there say so', async () => {
    const names = Object.keys(requests).filter((name) => /\.(get|remove)$/.test(name) && name !== 'settings.get');
    expect(names.length).toBeGreaterThan(8);
    for (const name of names)
      await expect(backend.dispatch(name, { id: 'nobody' })).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('nobody'),
      });
    await expect(backend.handle('jobs.result', { id: 'nobody' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('set one setting and leave the others', async () => {
    await backend.handle('settings.set', { compute_backend: 'wasm' });
    expect(await backend.handle('settings.set', { theme: 'dark' })).toEqual({
      theme: 'dark',
      compute_backend: 'wasm',
      threads: null,
      simple_forms: false,
      forgetting: true,
      queue_paused: false,
      tour_shown: false,
    });
    await backend.handle('settings.set', { theme: 'system', compute_backend: 'auto', threads: 1 });
    expect((await backend.handle('settings.get', {})).threads).toBe(1);
    await expect(backend.handle('settings.set', { threads: 100_000 })).rejects.toThrow(
      /threads is 100000, but this machine/,
    );
    await expect(backend.handle('settings.set', { threads: 0 })).rejects.toMatchObject({ code: 'invalid_input' });
    await backend.handle('settings.set', { threads: null });
  });

  it('tell what there is to choose from, and how the machine is', async () => {
    const catalog = await backend.handle('app.catalog', {});
    expect(catalog.adapterVariants.map((one) => one.id)).toContain('lora');
    expect(catalog.mergeMethods.find((one) => one.id === 'ensemble')?.makes).toBe('outputs');
    const status = await backend.handle('app.status', {});
    expect(status.diskFreeBytes).toBeGreaterThan(0);
    expect(status.queued).toBe(0);
    const doctor = await backend.handle('app.doctor', {});
    expect(doctor.home).toBe(backend.home);
    expect(doctor.schemaVersion).toBeGreaterThanOrEqual(40);
    // Native addons of earlier builds have no record of their compiler.
    if (existsSync(new URL('../../dist/native/built.json', import.meta.url)))
      expect(doctor.nativeBuild).toMatch(/ for \w+ \w+ \(baseline.*\), -std=c\+\+17 .* sources [0-9a-f]{12}$/);
  });
});

describe('models and datasets', () => {
  it('are added from folders, once each, and removed without touching the folder', async () => {
    const folder = join(temporaryFolder(), 'my-vit');
    cpSync(goldenPath('vit-28', 'base'), folder, { recursive: true });
    const model = await backend.handle('models.add', { path: folder });
    expect(model).toMatchObject({ name: 'my-vit', bundled: false, description: { layerCount: 2 } });
    expect((await backend.handle('models.add', { path: folder })).id).toBe(model.id);
    await backend.handle('models.remove', { id: model.id });
    expect((await backend.handle('models.list', {})).map((one) => one.id)).toEqual(['tiny']);
    await expect(backend.handle('models.remove', { id: 'tiny' })).rejects.toThrow(/is bundled/);

    const data = await backend.handle('datasets.add', { path: dataset, name: 'Bands' });
    expect(data.description.splits).toMatchObject([{ exampleCount: 40 }, { exampleCount: 20 }]);
    const preview = await backend.handle('datasets.preview', {
      id: data.id,
      split: 'train',
      label: 3,
      offset: 1,
      limit: 2,
    });
    expect(preview.map((example) => [example.index, example.label])).toEqual([
      [13, 3],
      [23, 3],
    ]);
    expect(preview[0]?.pixels).toHaveLength(784);
    await expect(backend.handle('datasets.preview', { id: data.id, split: 'train', label: 10 })).rejects.toThrow(
      /labels 0 to 9/,
    );
    await backend.handle('datasets.remove', { id: data.id });
  });

  it('rejects broken ones in one sentence that names the file', async () => {
    const missing = join(temporaryFolder(), 'nothing');
    await expect(backend.handle('models.add', { path: missing })).rejects.toThrow(
      `The model folder ${missing} does not exist.`,
    );
    const empty = temporaryFolder();
    await expect(backend.handle('models.add', { path: empty })).rejects.toThrow(/config\.json/);
    const cut = join(temporaryFolder(), 'cut');
    cpSync(goldenPath('vit-28', 'base'), cut, { recursive: true });
    truncateSync(join(cut, 'model.safetensors'), 1000);
    await expect(backend.handle('models.add', { path: cut })).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringContaining('model.safetensors'),
    });
    await expect(backend.handle('datasets.add', { path: empty })).rejects.toMatchObject({ code: 'invalid_file' });
    await expect(backend.handle('adapters.import', { path: empty })).rejects.toThrow(/adapter_config\.json/);
    expect(await backend.handle('adapters.list', {})).toEqual([]);
  });

  it('in the import of an adapter that does not fit the model named leave nothing behind', async () => {
    const folder = join(temporaryFolder(), 'other');
    mkdirSync(folder);
    cpSync(goldenPath('vit', 'adapters', 'lora'), folder, { recursive: true });
    await expect(backend.handle('adapters.import', { path: folder, modelId: 'tiny' })).rejects.toMatchObject({
      code: expect.stringMatching(/refused|invalid_file/),
    });
    expect(await backend.handle('adapters.list', {})).toEqual([]);
  });

  it('take an adapter of either dialect', async () => {
    for (const dialect of ['adapters', 'adapters-transformers4']) {
      const adapter = await backend.handle('adapters.import', { path: goldenPath('vit-28', dialect, 'lora') });
      expect(adapter).toMatchObject({ name: 'lora', modelId: 'tiny', variant: 'lora', layers: [0, 1] });
    }
  });
});

describe('runs that cannot work', () => {
  const create = (config: object) => backend.dispatch('runs.create', { config: { ...tinyConfig, dataset, ...config } });

  it('are refused before they are queued', async () => {
    await expect(create({ model: 'nowhere' })).rejects.toThrow(/no model "nowhere"/);
    await expect(create({ dataset: 'nowhere' })).rejects.toThrow(/no dataset "nowhere"/);
    await expect(create({ train_samples_per_class: 5 })).rejects.toThrow(/class 0 has 4 training examples/);
    await expect(create({ adapter: { target_modules: ['nothing'] } })).rejects.toThrow(/nothing/);
    await expect(create({ adapter: { variant: 'none' } })).rejects.toThrow(/no adapter variant "none"/);
    await expect(create({ learning_rate: -1 })).rejects.toThrow(/learning_rate/);
    expect(await backend.handle('runs.list', {})).toEqual([]);
    expect(await backend.handle('jobs.list', {})).toEqual([]);
  });

  it('cannot remove what a run depends on', async () => {
    const data = await backend.handle('datasets.add', { path: dataset });
    const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset } });
    await expect(backend.handle('datasets.remove', { id: data.id })).rejects.toThrow(/used by 1 run/);
    await backend.handle('runs.update', { id: run.id, name: 'Renamed', tags: ['a'], starred: true });
    expect(await backend.handle('runs.get', { id: run.id })).toMatchObject({
      name: 'Renamed',
      tags: ['a'],
      starred: true,
      note: '',
    });
  });
});
