import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import {
  closeBackends,
  openBackend,
  scriptedEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

afterEach(closeBackends);

const startEngine = scriptedEngine(() => Promise.reject(new Error('no engine')));

it('says what is wrong with the home, and deletes what it names', async () => {
  const resourcesDirectory = tinyResources();
  const backend = await openBackend({ startEngine, resourcesDirectory });
  const { home } = backend;
  const all = async (open = backend) =>
    (await open.handle('app.checks', {})).filter((check) => check.findings.length > 0);
  expect(await all()).toEqual([]);
  const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset: tinyIdx() } });
  await backend.idle();
  const folder = join(home, run.folder);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'x'), 'x');
  mkdirSync(join(home, 'adapters', 'broken'));
  const gone = join(temporaryFolder(), 'gone');
  await backend.close();
  const database = new SqliteDatabase(join(home, 'studio.sqlite'));
  database.exec(`UPDATE runs SET config = 'no JSON' WHERE id = '${run.id}'`);
  database.exec(
    `INSERT INTO models SELECT 'gone', 'Gone', '${gone}', 0, NULL, description, 1 FROM models WHERE id = 'tiny'`,
  );
  database.close();

  const again = await openBackend({ home, startEngine, resourcesDirectory });
  expect((await all(again)).map(({ id, findings }) => [id, findings.map(({ message }) => message)])).toEqual([
    ['unreadable-rows', [expect.stringContaining(`The run ${run.id} cannot be read`)]],
    ['left-over', [expect.stringMatching(/^adapters\/broken .* is no adapter that the studio knows/)]],
    ['base-models', [expect.stringContaining(`"Gone" is gone: ${gone}`)]],
  ]);
  await expect(again.handle('app.removeStrays', { path: 'adapters' })).rejects.toThrow(/is nothing that was left over/);
  await again.handle('app.removeStrays', { path: 'adapters/broken' });
  expect(readdirSync(join(home, 'adapters'))).toEqual([]);
  await again.handle('app.deleteUnreadable', { id: run.id, files: true });
  expect(existsSync(folder)).toBe(false);
  expect((await all(again)).map(({ id }) => id)).toEqual(['base-models']);
});
