import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cotoOn, temporaryFolder } from './run-command.ts';

test('doctor restores a backup or rebuilds the database, and says the way out where it is damaged', async () => {
  const home = join(temporaryFolder(), 'home');
  const coto = cotoOn(home);
  expect((await coto(['datasets', 'list'])).code).toBe(0);
  const database = join(home, 'studio.sqlite');
  mkdirSync(join(home, 'backups'));
  copyFileSync(database, join(home, 'backups', 'studio-2026-01-02T03-04-05-006Z-daily.sqlite'));
  // A newer one that is damaged is passed over.
  writeFileSync(join(home, 'backups', 'studio-2026-01-03T03-04-05-006Z-daily.sqlite'), 'garbage');
  writeFileSync(database, 'garbage');
  const refused = await coto(['datasets', 'list']);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.err).toMatch(
    /^coto: .*studio\.sqlite is not a database of CoTo Studio\. Restore a backup \(coto doctor --restore\)/m,
  );
  const restored = await coto(['doctor', '--restore', '--json']);
  expect(JSON.parse(restored.out)).toMatchObject({ way: 'restore', backupAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6) });
  expect((await coto(['datasets', 'list'])).code).toBe(0);

  writeFileSync(database, 'garbage');
  mkdirSync(join(home, 'runs', 'run-of-nothing'), { recursive: true });
  const rebuilt = await coto(['doctor', '--rebuild']);
  expect(rebuilt).toMatchObject({ code: 0, out: expect.stringMatching(/rebuilt from the folders/) });
  expect(readdirSync(join(home, 'damaged'))).toHaveLength(2);
  // A folder without a file of a run is none: it is left for the person to delete.
  expect(JSON.parse((await coto(['runs', 'list', '--json'])).out)).toEqual([]);
  expect((await coto(['doctor', '--rebuild', '--restore'])).err).toMatch(/Only one of --restore and --rebuild/);
});
