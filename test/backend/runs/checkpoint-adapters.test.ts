import { afterEach, expect, it } from 'vitest';
import { closeBackends, openBackend, realEngine, tinyConfig, tinyIdx } from '../support.ts';

afterEach(closeBackends);

it('the checkpoints of a run become adapters once, in the order of their steps, and make a soup', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 3, save_steps: 1 };
  const { run } = await backend.handle('runs.create', { config });
  await backend.idle();
  const adapters = await backend.handle('runs.checkpointAdapters', { id: run.id });
  expect(adapters.map(({ origin }) => origin.kind === 'run' && origin.step)).toEqual([1, 2, 3]);
  // The last is the run's own adapter, on the shelf; the others are not.
  expect(adapters.map(({ archived }) => archived)).toEqual([true, true, false]);
  expect(await backend.handle('runs.checkpointAdapters', { id: run.id })).toEqual(adapters);
  expect(await backend.handle('runs.checkpointAdapters', { id: run.id, from: 2 })).toEqual(adapters.slice(1));
  await expect(backend.handle('runs.checkpointAdapters', { id: run.id, from: 3 })).rejects.toThrow(
    /has 1 checkpoint in these steps/,
  );
  const weighted = adapters.map(({ id }) => ({ adapterId: id, weight: 1 }));
  const job = await backend.handle('merge.start', { adapters: weighted, method: 'post-hoc-ema' });
  await backend.idle();
  const answer = await backend.handle('jobs.result', { id: job.id });
  expect(answer.result).toMatchObject({ adapterId: expect.any(String) });
  const { pairs } = await backend.handle('merge.mergeability', { adapters: weighted });
  expect(pairs).toHaveLength(3);
});
