import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { closeBackends, openBackend, realEngine, tinyConfig, tinyIdx, tinyResources } from '../support.ts';
import { tellAtOnce } from '../tell-at-once.ts';

afterEach(async () => {
  vi.restoreAllMocks();
  await closeBackends();
});

it('a resumed study refuses to train its runs on labels that were changed with size and time kept', async () => {
  tellAtOnce();
  const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: tinyResources() });
  await backend.handle('settings.set', { forgetting: false });
  const dataset = tinyIdx();
  const file = join(dataset, 'train-labels-idx1-ubyte');
  // By another time, the study would train its runs anew.
  utimesSync(file, 1000, 1000);
  const saved = new Promise<void>((resolve) => {
    backend.on('run.changed', ({ checkpoints }) => {
      if (checkpoints.length > 0) resolve();
    });
  });
  const { study, job } = await backend.handle('studies.create', {
    config: {
      kind: 'ablation',
      run: { ...tinyConfig, dataset, compute_backend: 'wasm', max_steps: 60, save_steps: 5, eval_samples: 10 },
      grid: { learning_rate: [1e-3, 2e-3] },
      seeds: [1],
    },
  });
  await saved;
  await backend.handle('jobs.pause', { id: job.id });
  await backend.idle();
  const paused = await backend.handle('runs.list', {});
  expect(paused.map(({ status }) => status)).toEqual(['paused', 'paused']);

  const bytes = readFileSync(file);
  writeFileSync(
    file,
    bytes.map((label, at) => (at < 8 ? label : 9 - label)),
  );
  utimesSync(file, 1000, 1000);
  await backend.handle('studies.resume', { id: study.id });
  await backend.idle();
  const refused = await backend.handle('runs.list', {});
  for (const { status, error } of refused) {
    expect(status).toBe('failed');
    expect(error).toMatchObject({
      code: 'inputs_changed',
      message: expect.stringMatching(/has changed since step \d+ \(the same size, but other content\)\.$/),
    });
  }
  const failed = await backend.handle('studies.get', { id: study.id });
  expect(failed).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('has changed since step') },
  });

  // Accepted for one run, and put back for the other one.
  const [accepted, other] = refused;
  await backend.handle('runs.resume', { id: accepted?.id ?? '', anyway: true });
  await backend.idle();
  writeFileSync(file, bytes);
  utimesSync(file, 1000, 1000);
  await backend.handle('studies.resume', { id: study.id });
  await backend.idle();
  expect(await backend.handle('studies.get', { id: study.id })).toMatchObject({ status: 'completed', error: null });
  const changesOf = async (id = '') => (await backend.handle('runs.get', { id })).facts?.inputChanges;
  expect(await changesOf(accepted?.id)).toHaveLength(1);
  expect(await changesOf(other?.id)).toBeUndefined();
});
