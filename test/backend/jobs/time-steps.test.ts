import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../../../src-shared/domain/job.ts';
import { closeBackends, type OpenBackend, openBackend, realEngine, tinyConfig, tinyIdx } from '../support.ts';

let backend: OpenBackend;
beforeAll(async () => {
  backend = await openBackend({ startEngine: realEngine });
});
afterAll(closeBackends);

const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('coto-steps-'));

it('times a few steps of a run on the engine, and keeps nothing of it', async () => {
  const before = leftovers();
  const config = {
    ...tinyConfig,
    dataset: tinyIdx(),
    adapter: { r: 2, target_modules: ['q_proj'] },
    coto: {},
    num_train_epochs: 50,
    max_steps: 0,
    load_best_model_at_end: true,
    eval_steps: 2,
  };
  const job = await backend.handle('runs.timeSteps', { config });
  await backend.idle();
  const { status } = await backend.handle('jobs.get', { id: job.id });
  const answer = resultOf(await backend.handle('jobs.result', { id: job.id }), 'time-steps');
  expect(status).toBe('completed');
  expect(answer?.steps).toBe(3);
  expect(answer?.milliseconds).toBeGreaterThan(0);
  expect(await backend.handle('runs.list', {})).toEqual([]);
  expect(await backend.handle('adapters.list', {})).toEqual([]);
  expect(leftovers()).toEqual(before);
});

it('refuses a run that cannot work before it is queued', async () => {
  const config = { ...tinyConfig, dataset: tinyIdx(), adapter: { target_modules: ['nowhere'] } };
  await expect(backend.handle('runs.timeSteps', { config })).rejects.toThrow(/nowhere/);
  expect(await backend.handle('jobs.list', { active: true })).toEqual([]);
});
