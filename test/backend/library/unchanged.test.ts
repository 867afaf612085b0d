import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { goldenPath } from '../../engine/golden.ts';
import { closeBackends, openBackend, realEngine, temporaryFolder, tinyIdx, tinyResources } from '../support.ts';

afterEach(closeBackends);

it('jobs on the same folders tell of them once, and not again while nothing in them changes', async () => {
  const backend = await openBackend({ resourcesDirectory: tinyResources(), startEngine: realEngine });
  await backend.handle('settings.set', { forgetting: false });
  const model = join(temporaryFolder(), 'own');
  cpSync(goldenPath('vit-28', 'base'), model, { recursive: true });
  const dataset = tinyIdx();
  const seen = (...lists: string[]) => backend.seen('list.changed').filter(({ list }) => lists.includes(list)).length;
  /** Counts the change events of these lists, once all pending ones were sent. */
  const told = async () => {
    const others = seen('settings');
    await backend.handle('settings.set', { forgetting: false });
    await expect.poll(() => seen('settings')).toBeGreaterThan(others);
    return seen('datasets', 'models');
  };
  const before = await told();
  const counts: number[] = [];
  for (const _ of ['first', 'second', 'third']) {
    const job = await backend.handle('evaluate.start', { model, dataset, eval_samples: 1 });
    await backend.idle();
    expect(await backend.handle('jobs.get', { id: job.id })).toMatchObject({ status: 'completed', error: null });
    counts.push((await told()) - before);
  }
  expect(counts).toEqual([2, 2, 2]);
});
