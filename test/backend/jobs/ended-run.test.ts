import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import { closeBackends, openBackend, realEngine, tinyConfig, tinyIdx, tinyResources } from '../support.ts';

afterEach(closeBackends);

it('a run that has its end keeps it, where the app was killed before its job had one', async () => {
  const resourcesDirectory = tinyResources();
  const first = await openBackend({ startEngine: realEngine, resourcesDirectory });
  const config = {
    ...tinyConfig,
    dataset: tinyIdx(),
    compute_backend: 'wasm' as const,
    max_steps: 2,
    eval_samples: 10,
  };
  await first.handle('runs.create', { config });
  await first.idle();
  const [ended] = await first.handle('runs.list', {});
  expect(ended).toMatchObject({ status: 'completed', error: null });
  await first.close();
  const database = new Database(join(first.home, 'studio.sqlite'));
  expect(
    database.prepare("UPDATE jobs SET status = 'running', finished_at = NULL WHERE kind = 'train'").run().changes,
  ).toBe(1);
  database.close();
  const second = await openBackend({ startEngine: realEngine, resourcesDirectory, home: first.home });
  expect(await second.handle('runs.get', { id: ended?.id ?? '' })).toEqual(ended);
});
