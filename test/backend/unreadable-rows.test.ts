import { existsSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from './support.ts';

let home: string;
let resourcesDirectory: string;
let backend: OpenBackend;
const runs: string[] = [];

beforeAll(async () => {
  resourcesDirectory = tinyResources();
  backend = await openBackend({ resourcesDirectory, startEngine: realEngine });
  home = backend.home;
  const dataset = tinyIdx();
  for (const seed of [1, 2, 3]) {
    const { run } = await backend.handle('runs.create', { config: { ...tinyConfig, dataset, seed } });
    runs.push(run.id);
  }
  await backend.idle();
});
afterAll(closeBackends);

/** Closes the studio, changes its database, and opens it again. */
async function changed(...statements: readonly string[]): Promise<void> {
  await backend.close();
  const database = new SqliteDatabase(join(home, 'studio.sqlite'));
  for (const statement of statements) database.exec(statement);
  database.close();
  backend = await openBackend({ home, resourcesDirectory, startEngine: realEngine });
}

describe('rows that cannot be read', () => {
  it('cost the lists these rows alone, are told with their ids, and can be deleted', async () => {
    const [broken = '', unknown = '', whole = ''] = runs;
    await changed(
      `UPDATE runs SET config = '{"model":' WHERE id = '${broken}'`,
      `UPDATE runs SET status = 'dreaming' WHERE id = '${unknown}'`,
      `UPDATE jobs SET kind = 'from the future' WHERE subject_id = '${broken}'`,
    );
    expect((await backend.handle('runs.list', {})).map(({ id }) => id)).toEqual([whole]);
    expect(await backend.handle('jobs.list', { active: false })).toHaveLength(2);
    expect(backend.seen('notification').map(({ level, message }) => [level, message.slice(0, 45)])).toEqual(
      expect.arrayContaining([['warning', `The run ${broken} cannot be read in the `]]),
    );
    await expect(backend.handle('runs.get', { id: broken })).rejects.toMatchObject({
      code: 'invalid_file',
      message: `The run ${broken} cannot be read in the studio's database: config: is not JSON.`,
      hint: expect.stringContaining(`coto doctor --delete ${broken}`),
    });
    const found = await backend.handle('app.unreadable', {});
    expect(found.map(({ kind, id }) => [kind, id])).toEqual(
      expect.arrayContaining([
        ['run', broken],
        ['run', unknown],
        ['job', expect.stringMatching(/^job-/)],
      ]),
    );
    expect(found).toHaveLength(3);
    for (const { id } of found) await backend.handle('app.deleteUnreadable', { id });
    expect(await backend.handle('app.unreadable', {})).toEqual([]);
    await expect(backend.handle('app.deleteUnreadable', { id: whole })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('adapter rows leave their folder alone, and the home open', async () => {
    const [adapter] = await backend.handle('adapters.list', {});
    await changed(`UPDATE adapters SET origin = 'not JSON' WHERE id = '${adapter?.id}'`);
    const left = await backend.handle('adapters.list', {});
    expect(left.map(({ id }) => id)).not.toContain(adapter?.id);
    expect(existsSync(join(home, adapter?.folder ?? '', 'adapter_model.safetensors'))).toBe(true);
  });

  it('settings rows fall back to the defaults, and rows of a bundled model are rewritten', async () => {
    await changed(
      "INSERT OR REPLACE INTO settings (name, value) VALUES ('forgetting', 'not JSON'), ('theme', '\"dark\"')",
      "UPDATE models SET description = '{}' WHERE id = 'tiny'",
    );
    expect(await backend.handle('settings.get', {})).toMatchObject({ forgetting: true, theme: 'dark' });
    expect((await backend.handle('models.list', {})).map(({ id }) => id)).toEqual(['tiny']);
  });

  it('rows of a running job still end the job', async () => {
    const [, , whole = ''] = runs;
    await changed(`UPDATE jobs SET status = 'running', payload = 'not JSON' WHERE subject_id = '${whole}'`);
    expect(await backend.handle('jobs.list', { active: false })).toContainEqual(
      expect.objectContaining({ subjectId: whole, status: 'interrupted' }),
    );
  });
});
