import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { openHome } from '../../../src-main/backend/home/home.ts';
import { openStore } from '../../../src-main/store/open-store.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { datasetRecord, modelRecord, runRecord } from '../records.ts';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  scriptedEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

afterEach(closeBackends);

const startEngine = scriptedEngine(() => Promise.reject(new Error('no engine')));
const open = (home: string): Promise<OpenBackend> =>
  openBackend({ home, startEngine, resourcesDirectory: tinyResources() });

const adapter: AdapterRecord = {
  ...{ id: 'adapter-1', name: 'An adapter', folder: 'adapters/adapter-1', modelId: 'own', foreignBase: null },
  ...{
    variant: 'lora',
    parameters: { r: 4, lora_alpha: 8 },
    targetModules: ['q_proj'],
    layers: [0],
    modulesToSave: [],
  },
  ...{ coto: null, origin: { kind: 'import', path: '/a' }, datasetId: null, accuracy: null, metrics: {} },
  ...{ parameterCount: 10, sizeBytes: 40, sha256: 'ff', createdAt: 9, archived: false, tags: [], starred: false },
};

/** A closed home with one row of each kind that has a folder, and a folder of the person beside it. */
function homeWithRows(): { readonly home: string; readonly victim: string } {
  const folder = realpathSync(temporaryFolder());
  const [home, victim] = [join(folder, 'home'), join(folder, 'victim')];
  const opened = openHome(home);
  const store = openStore(opened.database);
  store.models.save({ ...modelRecord, id: 'own', name: 'Own', bundled: false, path: join(home, 'models', 'own') });
  store.models.save({ ...modelRecord, path: join(folder, 'base') });
  store.datasets.save(datasetRecord);
  store.adapters.insert({ ...adapter, modelId: modelRecord.id });
  store.runs.insert({
    ...{ ...runRecord, id: 'run-1', folder: 'runs/run-1', status: 'completed', adapterId: null, studyId: null },
    origin: { format: 'tensorboard', path: '/a', run: 'a', settings: {} },
  });
  store.reports.insert({
    ...{ id: 'report-1', name: 'R', note: '', path: 'reports/report-1/report.html' },
    ...{ runIds: [], studyIds: [], createdAt: 1 },
  });
  store.close();
  opened.release();
  mkdirSync(victim);
  writeFileSync(join(victim, 'own'), 'own');
  return { home, victim };
}

describe('removing something whose folder in the home is a link', () => {
  it.each([
    ['adapters/adapter-1', (backend: OpenBackend) => backend.handle('adapters.remove', { id: 'adapter-1' })],
    ['runs/run-1', (backend: OpenBackend) => backend.handle('runs.remove', { id: 'run-1' })],
    ['models/own', (backend: OpenBackend) => backend.handle('models.remove', { id: 'own' })],
    ['reports/report-1', (backend: OpenBackend) => backend.handle('reports.remove', { id: 'report-1' })],
  ])('is refused for %s, with nothing removed', async (path, remove) => {
    const { home, victim } = homeWithRows();
    symlinkSync(victim, join(home, path));
    const backend = await open(home);
    await expect(remove(backend)).rejects.toThrow(`${path} in the home folder ${home} is a link to ${victim}`);
    expect(readdirSync(victim)).toEqual(['own']);
    expect(existsSync(join(home, path, 'own'))).toBe(true);
    const lists = [
      await backend.handle('adapters.list', {}),
      await backend.handle('runs.list', {}),
      (await backend.handle('models.list', {})).filter(({ id }) => id === 'own'),
      await backend.handle('reports.list', {}),
    ];
    expect(lists.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
  });
});

it.each([
  ['adapters', 'folder', 'x/victim'],
  ['adapters', 'folder', 'adapters/../../victim'],
  ['adapters', 'folder', 'adapters/other'],
  ['runs', 'folder', 'x/victim'],
  ['reports', 'path', 'x/victim/report.html'],
])(
  'a row of %s whose %s is %s is reported as unreadable, and its deletion touches no file',
  async (table, column, value) => {
    const { home, victim } = homeWithRows();
    symlinkSync(join(victim, '..'), join(home, 'x'));
    mkdirSync(join(home, 'adapters', 'other'));
    const database = new SqliteDatabase(join(home, 'studio.sqlite'));
    database.prepare(`UPDATE ${table} SET ${column} = ?`).run(value);
    database.close();
    const backend = await open(home);
    const kind = table.slice(0, -1);
    expect(await backend.handle('app.unreadable', {})).toMatchObject([{ kind, id: `${kind}-1` }]);
    for (const name of ['adapters.remove', 'runs.remove', 'reports.remove'] as const)
      if (name.startsWith(table))
        await expect(backend.handle(name, { id: `${kind}-1` })).rejects.toThrow(/cannot be read/);
    await backend.handle('app.deleteUnreadable', { id: `${kind}-1`, files: true });
    expect(readdirSync(victim)).toEqual(['own']);
    expect(readdirSync(join(home, 'adapters'))).toEqual(['other']);
  },
);

describe('links among the folders of adapters, models, runs and reports', () => {
  it.each(['adapters', 'models', 'runs', 'reports'])(
    'are skipped and reported in %s, also dangling ones',
    async (folder) => {
      const { home, victim } = homeWithRows();
      for (const name of ['adapter_config.json', 'config.json', 'run.json', 'report.html', 'report.json'])
        writeFileSync(join(victim, name), '{}');
      const before = readdirSync(victim);
      symlinkSync(join(home, 'nowhere'), join(home, folder, 'dangling'));
      symlinkSync(victim, join(home, folder, 'link'));
      // A stray file begins an adoption.
      writeFileSync(join(home, folder, '.DS_Store'), '');
      const backend = await open(home);
      const sentences = ['dangling', 'link'].map((name) =>
        expect.stringContaining(`${folder}/${name} in the home folder ${home} is a link to `),
      );
      expect([...backend.skipped].sort()).toEqual(sentences);
      const checks = await backend.handle('app.checks', {});
      expect(
        checks
          .find(({ id }) => id === 'links')
          ?.findings.map(({ message }) => message)
          .sort(),
      ).toEqual(sentences);
      expect((await backend.handle('app.doctor', {})).strays.map(({ path }) => path)).toEqual([`${folder}/.DS_Store`]);
      await backend.handle('app.removeStrays', {});
      expect(readdirSync(victim)).toEqual(before);
      expect(readdirSync(join(home, folder)).filter((name) => !name.endsWith('-1') && name !== 'own')).toEqual([
        'dangling',
        'link',
      ]);
    },
  );
});

it('a run does not train into a folder that a link replaces', async () => {
  const resourcesDirectory = tinyResources();
  const backend = await openBackend({ startEngine, resourcesDirectory });
  const { home } = backend;
  const victim = temporaryFolder();
  const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset: tinyIdx() } });
  await backend.idle();
  await backend.close(0);
  const database = new SqliteDatabase(join(home, 'studio.sqlite'));
  for (const table of ['runs', 'jobs'])
    database.exec(`UPDATE ${table} SET status = 'queued', error = NULL, started_at = NULL, finished_at = NULL`);
  database.close();
  symlinkSync(victim, join(home, run.folder, 'checkpoints'));
  const again = await openBackend({ home, startEngine, resourcesDirectory });
  await again.idle();
  const [after] = await again.handle('runs.list', {});
  expect(after?.error?.message).toContain(
    `${run.folder}/checkpoints in the home folder ${realpathSync(home)} is a link`,
  );
  expect(readdirSync(victim)).toEqual([]);
});

it.runIf(process.platform !== 'win32')(
  'an empty folder that is open to others is closed before the database is in it',
  () => {
    const home = join(temporaryFolder(), 'home');
    mkdirSync(home);
    chmodSync(home, 0o755);
    openHome(home).release();
    expect(statSync(home).mode & 0o777).toBe(0o700);
  },
);

it.each(['folder', 'link'])('loses its cache/compiled, a %s, as it is opened', async (kind) => {
  const { home, victim } = homeWithRows();
  const path = join(home, 'cache', 'compiled');
  mkdirSync(join(home, 'cache'), { recursive: true });
  if (kind === 'link') symlinkSync(victim, path);
  else {
    mkdirSync(join(path, 'v24.0.0-x64-00000000-0'), { recursive: true });
    writeFileSync(join(path, 'v24.0.0-x64-00000000-0', '0123abcd'), 'code');
  }
  await open(home);
  expect(readdirSync(join(home, 'cache'))).not.toContain('compiled');
  expect(readdirSync(victim)).toEqual(['own']);
});
