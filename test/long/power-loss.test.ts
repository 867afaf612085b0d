import { cpSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { RandomStream } from '../../src-shared/random.ts';
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
} from '../backend/support.ts';

const points = Number(process.env['COTO_WAL_CUTS'] ?? 100);
const counts = { opened: 0, rebuilt: 0 };
afterEach(closeBackends);
afterAll(() => {
  removeTemporaryFolders();
  console.log(
    `the log of the database was cut at ${points} points: ${counts.opened} opened, ${counts.rebuilt} rebuilt`,
  );
});

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

  const random = RandomStream.seeded(16, 'study');
  const bytes = statSync(join(snapshot, 'studio.sqlite-wal')).size;
  expect(bytes).toBeGreaterThan(100_000);
  for (let point = 0; point < points; point++) {
    const home = join(temporaryFolder(), 'home');
    cpSync(snapshot, home, { recursive: true });
    const end = random.integer(bytes);
    truncateSync(join(home, 'studio.sqlite-wal'), end);
    let again: OpenBackend;
    try {
      again = await openBackend({ ...parts, home });
      counts.opened += 1;
    } catch (error) {
      expect(error, `cut at ${end}`).toMatchObject({ code: 'damaged_home' });
      again = await openBackend({ ...parts, home, recovery: 'rebuild' });
      counts.rebuilt += 1;
    }
    const runs = await again.handle('runs.list', {});
    expect(
      runs.map(({ id }) => id),
      `cut at ${end}`,
    ).toEqual([run.id]);
    const saved = Math.max(...(runs[0]?.checkpoints ?? []).map(({ step }) => step));
    expect(saved, `cut at ${end}`).toBe(60);
    expect(await lossesOf(again, run.id), `cut at ${end}`).toEqual(losses);
    expect(await again.handle('adapters.list', {}), `cut at ${end}`).toHaveLength(1);
    await again.close(0);
    rmSync(home, { recursive: true, force: true });
  }
});
