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
  const told = () => backend.seen('list.changed').filter(({ list }) => list === 'datasets' || list === 'models').length;
  const before = told();
  for (const _ of ['first', 'second', 'third']) {
    const job = await backend.handle('evaluate.start', { model, dataset, eval_samples: 1 });
    await backend.idle();
    expect(await backend.handle('jobs.get', { id: job.id })).toMatchObject({ status: 'completed', error: null });
  }
  expect(told() - before).toBe(2);
});
