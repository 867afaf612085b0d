import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { resourcesDirectory } from '../../../src-main/cli/studio.ts';
import { migrate, schemaVersion } from '../../../src-main/store/migrate.ts';
import { migrations } from '../../../src-main/store/migrations/index.ts';
import { closeBackends, openBackend, realEngine, temporaryFolder } from '../support.ts';

/** Its database has schema 40; test/backend/landed-home.test.ts compares everything in it. */
const archive = fileURLToPath(new URL('../../fixtures/landed-home/home.tar.gz', import.meta.url));
const newest = migrations.at(-1)?.version ?? 0;
const folder = mkdtempSync(join(tmpdir(), 'coto-older-homes-'));
const landed = join(folder, 'fixture-home');

beforeAll(() => {
  const unpacked = spawnSync('tar', ['-xzf', archive, '-C', folder], { encoding: 'utf8' });
  expect(unpacked.status, unpacked.stderr).toBe(0);
});
afterEach(closeBackends);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the landed home whose database is as the migrations up to `version` left it. */
function homeAt(version: number): string {
  const home = join(temporaryFolder(), 'home');
  cpSync(landed, home, { recursive: true });
  changeDatabase(home, (database) => {
    migrate(database, migrations, version);
    expect(schemaVersion(database)).toBe(version);
  });
  return home;
}

function changeDatabase(home: string, work: (database: SqliteDatabase.Database) => void): void {
  const database = new SqliteDatabase(join(home, 'studio.sqlite'));
  work(database);
  database.pragma('journal_mode = DELETE');
  database.close();
}

/** The SHA-256 of each file below a folder. */
const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );

const parts = { startEngine: realEngine, resourcesDirectory };

/** Every fourth version, for the time that an opening takes. */
const versions = migrations.map(({ version }) => version).filter((version) => version > 40 && version % 40 === 20);
it.each(versions)('a home with schema %i is migrated, with everything in it, and used', async (version) => {
  const home = homeAt(version);
  const backend = await openBackend({ ...parts, home });
  expect((await backend.handle('app.doctor', {})).schemaVersion).toBe(newest);
  const runs = await backend.handle('runs.list', {});
  const archived = await backend.handle('runs.list', { archived: true });
  expect(runs.length + archived.length).toBe(14);
  const [adapter] = await backend.handle('adapters.list', {});
  expect(adapter && (await backend.handle('adapters.contents', { id: adapter.id })).whole).toBeInstanceOf(Array);
  expect((await backend.handle('studies.list', {})).length).toBeGreaterThanOrEqual(3);
  expect(await backend.handle('reports.list', {})).toHaveLength(1);
  const id = runs[0]?.id ?? '';
  await backend.handle('runs.update', { id, name: `Renamed at ${version}` });
  await backend.close(0);
  const again = await openBackend({ ...parts, home });
  expect((await again.handle('runs.get', { id })).name).toBe(`Renamed at ${version}`);
});

it('a home of a newer version is refused, and no file of it is changed', async () => {
  const home = homeAt(newest);
  changeDatabase(home, (database) => {
    database.exec('ALTER TABLE runs ADD COLUMN of_the_future TEXT; CREATE TABLE inventions (id TEXT PRIMARY KEY)');
    database.pragma(`user_version = ${newest + 10}`);
  });
  const before = filesOf(home);
  await expect(openBackend({ ...parts, home })).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining(`schema version ${newest + 10}`),
  });
  // The lock and a log of the attempt are the only new files.
  const kept = Object.entries(filesOf(home)).filter(([name]) => !/^(backend\.lock|logs\/backend-\S+\.log)$/.test(name));
  expect(Object.fromEntries(kept)).toEqual(before);
});
