import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Backend } from '../../../src-main/backend/index.ts';
import { createBackend } from '../../../src-main/backend/index.ts';
import { PathGrants } from '../../../src-main/files/path-grants.ts';
import type { PathUse } from '../../../src-shared/contract/paths.ts';
import { pathToken } from '../../../src-shared/contract/paths.ts';
import { type RequestName, requests } from '../../../src-shared/contract/requests.ts';
import { realEngine, removeTemporaryFolders, temporaryFolder, tinyIdx, tinyResources } from '../support.ts';

const home = temporaryFolder();
/** Something of the person's that nobody chose. */
const elsewhere = temporaryFolder();
const secretFile = join(elsewhere, 'secrets.csv');
const secretLine = 'my-own-secret';
const grants = new PathGrants();
let backend: Backend;

beforeAll(async () => {
  writeFileSync(secretFile, `text,label\n${secretLine},a\n${secretLine},b\n`);
  backend = await createBackend({ home, resourcesDirectory: tinyResources(), startEngine: realEngine, grants });
});
afterAll(async () => {
  await backend.close();
  removeTemporaryFolders();
});

function choose(path: string, use: PathUse = 'read'): string {
  const grant = { secret: `${grants.list().length}`.padStart(22, 's'), path, use };
  grants.add(grant);
  return pathToken(grant);
}

const run = { model: 'tiny', dataset: secretFile };
const study = {
  kind: 'contribution',
  dataset: secretFile,
  adapters: [{ label: 'a', coto: false, seed: 0, adapter: { run } }],
};
/** Each way to name a path, aimed at a file that nobody chose. */
const attempts: readonly (readonly [RequestName, string, (path: string) => object])[] = [
  ['app.identify', 'path', (path) => ({ path })],
  ['models.add', 'path', (path) => ({ path })],
  ['models.convert', 'file', (file) => ({ file })],
  ['datasets.add', 'path', (path) => ({ path })],
  ['datasets.inspect', 'path', (path) => ({ path })],
  ['datasets.inspectRows', 'path', (path) => ({ path })],
  ['datasets.inspectTokens', 'path', (path) => ({ path, model: 'tiny' })],
  ['runs.import', 'path', (path) => ({ path })],
  ['runs.create', 'config.dataset', (dataset) => ({ config: { ...run, dataset } })],
  ['runs.create', 'config.model', (model) => ({ config: { model, dataset: 'tiny' } })],
  ['runs.find', 'config.dataset', (dataset) => ({ config: { ...run, dataset } })],
  ['runs.find', 'config.model', (model) => ({ config: { model, dataset: 'tiny' } })],
  ['runs.estimate', 'config.dataset', (dataset) => ({ config: { ...run, dataset } })],
  ['runs.estimate', 'config.model', (model) => ({ config: { model, dataset: 'tiny' } })],
  ['runs.forecast', 'configs.dataset', (dataset) => ({ configs: [{ ...run, dataset }] })],
  ['runs.forecast', 'configs.model', (model) => ({ configs: [{ model, dataset: 'tiny' }] })],
  ['runs.timeSteps', 'config.dataset', (dataset) => ({ config: { ...run, dataset } })],
  ['runs.timeSteps', 'config.model', (model) => ({ config: { model, dataset: 'tiny' } })],
  ['adapters.import', 'path', (path) => ({ path })],
  ['evaluate.start', 'dataset', (dataset) => ({ model: 'tiny', dataset })],
  ['evaluate.start', 'model', (model) => ({ model, dataset: 'tiny' })],
  ['benchmarks.tasks', 'tasks', (tasks) => ({ tasks })],
  ['benchmarks.start', 'tasks', (tasks) => ({ model: 'tiny', tasks, columns: [null] })],
  ['benchmarks.start', 'model', (model) => ({ model, tasks: home, columns: [null] })],
  ['evaluate.datasets', 'model', (model) => ({ model })],
  ['evaluate.start', 'predictions', (predictions) => ({ model: 'tiny', dataset: 'tiny', predictions })],
  ['pretrain.start', 'path', (path) => ({ config: { model_config: path, train_data: [path] }, path })],
  ['generation.abilities', 'model', (model) => ({ model })],
  ['generation.templates', 'model', (model) => ({ model })],
  ['generation.render', 'model', (model) => ({ model, messages: [] })],
  ['generation.start', 'model', (model) => ({ model, prompt: { kind: 'text', text: 'x' }, columns: [null] })],
  ['embeddings.start', 'model', (model) => ({ model, adapter: null, inputs: ['x'] })],
  ['classification.image', 'path', (path) => ({ path })],
  ['classification.start', 'image.path', (path) => ({ model: 'tiny', columns: [null], image: { kind: 'file', path } })],
  [
    'classification.start',
    'model',
    (model) => ({ model, columns: [null], image: { kind: 'example', dataset: 'x', split: 'test', index: 0 } }),
  ],
  ['studies.create', 'config', () => ({ config: study })],
  ['studies.forecast', 'config', () => ({ config: study })],
  ['studies.register', 'config', () => ({ config: study })],
  ['studies.read', 'path', (path) => ({ path, text: 'kind: ablation' })],
  ['studies.verify', 'path', (path) => ({ path })],
  ['bundles.write', 'config.dataset', (path) => ({ config: study, path })],
  ['bundles.work', 'path', (path) => ({ path, index: 0 })],
  ['bundles.collect', 'path', (path) => ({ path })],
  ['bundles.study', 'path', (path) => ({ path })],
  ['demo.start', 'config.dataset', (dataset) => ({ config: { ...run, dataset } })],
  ['demo.start', 'config.model', (model) => ({ config: { model, dataset: 'tiny' } })],
];

describe('a client that may name only what was chosen', () => {
  test.each(attempts.map(([name, field, input]) => ({ name, field, input })))(
    '$name reads no $field that nobody chose, and says nothing of it',
    async ({ name, input }) => {
      const refusal = (path: string) =>
        backend.dispatch(name, input(path)).then(
          (answer) => `answered ${JSON.stringify(answer)}`,
          (error: Error) => error.message.replaceAll(path, 'PATH'),
        );
      const said = await refusal(secretFile);
      expect(said).not.toMatch(/^answered/);
      expect(said).not.toContain(secretLine);
      expect(said).toMatch(/PATH was not chosen|There is no (dataset|model) "PATH"/);
      // A study names the file in both, so there is nothing to compare.
      if (!name.startsWith('studies.')) expect(await refusal(join(elsewhere, 'nothing.csv'))).toBe(said);
    },
  );

  test('nothing of it is in the studio afterwards', async () => {
    const datasets = await backend.handle('datasets.list', {});
    expect(datasets.filter(({ bundled }) => !bundled)).toEqual([]);
    expect((await backend.handle('models.list', {})).map(({ id }) => id)).toEqual(['tiny']);
    expect(await backend.handle('jobs.list', { active: false })).toEqual([]);
  });

  test('every request with a field for a path is among these', () => {
    const covered = new Set(attempts.map(([name]) => name));
    // Requests that write paths or reject chosen references have their own tests below.
    const elsewhereTested = [
      'adapters.export',
      'export.start',
      'studies.package',
      'datasets.update',
      'app.removeStrays',
    ];
    // These name what the studio has, by its id; a checkpoint's folder is one of the run's.
    const byId = ['datasets.tokens', 'datasets.lengths'];
    // Settings are compared with settings: nothing that they name is read.
    const byWords = ['studies.compareRegistration'];
    const checkpoints = ['runs.resume', 'runs.removeCheckpoint', 'runs.saveAdapter'];
    for (const [name, { input }] of Object.entries(requests)) {
      const json = JSON.stringify(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }));
      const named = /"(\w*(?:path|file|folder|directory|predictions|model|dataset|test_file|tokenizer|_data))":\{/.exec(
        json,
      );
      const isKnown = [...covered, ...elsewhereTested, ...byId, ...byWords, ...checkpoints].includes(name);
      if (named && !isKnown)
        expect.fail(`${name} has the field ${named[1]}: test that it reads nothing that nobody chose`);
    }
  });

  test('reads a chosen path by its token, and by nothing similar', async () => {
    const data = tinyIdx();
    await expect(backend.handle('datasets.add', { path: data })).rejects.toThrow('was not chosen');
    const token = choose(data);
    expect(() => grants.resolveAll({ path: `chosen:${'x'.repeat(22)}:${data}` })).toThrow('was not chosen');
    expect(() => grants.resolve(`${token}/../${elsewhere}`)).toThrow('was not chosen');
    expect(() => grants.resolve(token.replace(data, elsewhere))).toThrow('was not chosen');
    const added = await backend.dispatch('datasets.add', grants.resolveAll({ path: token }));
    expect(added).toMatchObject({ source: { path: data } });
    // The path also refers to the added dataset from now on.
    expect(await backend.handle('runs.estimate', { config: { model: 'tiny', dataset: data } })).toBeTruthy();
  });

  test('removes only leftovers of the home, whatever path is named', async () => {
    const run = join(home, 'runs', 'left');
    mkdirSync(run, { recursive: true });
    writeFileSync(join(run, 'metrics.csv'), '');
    for (const path of [elsewhere, secretFile, join('..', basename(elsewhere)), 'studio.sqlite', 'runs', run])
      await expect(backend.handle('app.removeStrays', { path }), path).rejects.toThrow('nothing that was left over');
    expect([secretFile, join(home, 'studio.sqlite'), run].filter(existsSync)).toHaveLength(3);
    await backend.handle('app.removeStrays', { path: join('runs', 'left') });
    expect(existsSync(run)).toBe(false);
  });

  test('the second file of a dataset must be chosen as well', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'own.csv');
    writeFileSync(file, 'text,label\nhello,a\nbye,b\n');
    choose(file);
    const options = { split_by: 'file', test_file: secretFile };
    await expect(backend.handle('datasets.inspect', { path: file, options })).rejects.toThrow('was not chosen');
    await expect(backend.handle('datasets.add', { path: file, options })).rejects.toThrow('was not chosen');
    const { id } = await backend.handle('datasets.add', { path: file });
    await expect(backend.handle('datasets.update', { id, options })).rejects.toThrow('was not chosen');
  });

  test('a link in a chosen folder gives no right to what it leads to', async () => {
    const folder = temporaryFolder();
    symlinkSync(elsewhere, join(folder, 'link'));
    choose(folder);
    await expect(backend.handle('datasets.inspect', { path: join(folder, 'link', 'secrets.csv') })).rejects.toThrow(
      'was not chosen',
    );
  });

  test('nothing is written where no dialog to save said, not even into a folder that was opened', async () => {
    const opened = temporaryFolder();
    const saved = temporaryFolder();
    mkdirSync(join(opened, 'model'));
    choose(opened);
    choose(join(saved, 'out'), 'write');
    const adapterId = 'none';
    for (const path of [join(elsewhere, '.profile'), join(opened, 'x'), join(saved, 'other'), join(home, 'x')]) {
      for (const [name, input] of [
        ['export.start', { adapterId, target: 'peft', path }],
        ['adapters.export', { id: adapterId, directory: path }],
        ['studies.package', { id: 'study', path }],
        ['pretrain.start', { config: { model_config: opened, train_data: [opened] }, path }],
        ['evaluate.start', { model: 'tiny', dataset: 'tiny', predictions: path }],
        ['bundles.write', { config: { ...study, dataset: 'tiny' }, path }],
        ['bundles.work', { path, index: 0 }],
      ] as const)
        await expect(backend.dispatch(name, input), `${name} ${path}`).rejects.toThrow(/was not chosen|no adapter/);
      expect(existsSync(path)).toBe(false);
    }
  });
});
