import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../../../src-shared/domain/jobs/job.ts';
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
  // The estimate of such a run knows it from now on, whatever its seed, and with CoTo or without; another rank's does not.
  const secondsOf = async (changes: object) =>
    (await backend.handle('runs.estimate', { config: { ...config, ...changes } })).seconds;
  const { totalSteps } = await backend.handle('runs.estimate', { config });
  const expected = ((answer?.milliseconds ?? 0) * totalSteps) / 1000;
  expect(await secondsOf({ seed: 9 })).toBeCloseTo(expected);
  expect(await secondsOf({ coto: null })).toBeCloseTo(expected);
  expect(await secondsOf({ adapter: { r: 4, target_modules: ['q_proj'] } })).toBeNull();
});

it('refuses a run that cannot work before it is queued', async () => {
  const config = { ...tinyConfig, dataset: tinyIdx(), adapter: { target_modules: ['nowhere'] } };
  await expect(backend.handle('runs.timeSteps', { config })).rejects.toThrow(/nowhere/);
  expect(await backend.handle('jobs.list', { active: true })).toEqual([]);
});
