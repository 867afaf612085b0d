import { cpSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  removeTemporaryFolders,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../../backend/support.ts';
import { campaign } from '../campaign.ts';

afterEach(closeBackends);
afterAll(removeTemporaryFolders);

async function lossesOf(backend: OpenBackend, id: string): Promise<[number, number][]> {
  const { steps, mean } = await backend.handle('runs.curve', { id, metric: 'loss' });
  return [...steps].map((step, index) => [step, mean[index] ?? Number.NaN]);
}

test('wherever the log of the database ends after a power cut, no run is lost and no metric of a saved step', async () => {
  const resourcesDirectory = tinyResources();
  const parts = { startEngine: realEngine, resourcesDirectory };
  const backend = await openBackend(parts);
  const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 60, save_steps: 5, logging_steps: 1, coto: {} };
  const { run } = await backend.handle('runs.create', { config });
  await backend.idle();
  const losses = await lossesOf(backend, run.id);
  expect(losses).toHaveLength(60);
  // State after a loss of power: the files unchanged, the log in whole or in part.
  const snapshot = join(temporaryFolder(), 'home');
  cpSync(backend.home, snapshot, { recursive: true });
  for (const name of ['studio.sqlite-shm', 'backend.lock', 'backend.pid'])
    rmSync(join(snapshot, name), { force: true });
  await backend.close(0);

  const bytes = statSync(join(snapshot, 'studio.sqlite-wal')).size;
  expect(bytes).toBeGreaterThan(100_000);
  await campaign({ campaign: 'power', part: 'log', counts: 'cuts', goal: 50 }, async (random) => {
    const home = join(temporaryFolder(), 'home');
    cpSync(snapshot, home, { recursive: true });
    const end = random.integer(bytes);
    truncateSync(join(home, 'studio.sqlite-wal'), end);
    const where = `the log of the database is cut at ${end}`;
    let isRebuilt = false;
    const again = await openBackend({ ...parts, home }).catch((error: unknown) => {
      expect(error, where).toMatchObject({ code: 'damaged_home' });
      isRebuilt = true;
      return openBackend({ ...parts, home, recovery: 'rebuild' });
    });
    const runs = await again.handle('runs.list', {});
    expect(
      runs.map(({ id }) => id),
      where,
    ).toEqual([run.id]);
    const saved = Math.max(...(runs[0]?.checkpoints ?? []).map(({ step }) => step));
    expect(saved, where).toBe(60);
    expect(await lossesOf(again, run.id), where).toEqual(losses);
    expect(await again.handle('adapters.list', {}), where).toHaveLength(1);
    await again.close(0);
    rmSync(home, { recursive: true, force: true });
    return { cuts: 1, 'of the log': 1, [isRebuilt ? 'rebuilt' : 'opened']: 1 };
  });
});
