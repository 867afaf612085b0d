import { afterAll, expect, it } from 'vitest';
import { startEngineWorker } from '../../../src-main/backend/engine/engine-host.ts';
import { closeBackends, openBackend, tinyConfig, tinyIdx } from '../support.ts';

afterAll(closeBackends);

it('measures a backend when asked, beside the engine at work, and keeps the rate', async () => {
  let starts = 0;
  const backend = await openBackend({
    startEngine: (home) => {
      if (home === 'process') return null;
      starts++;
      return startEngineWorker();
    },
  });
  const reportOfWasm = async () => (await backend.handle('app.doctor', {})).backends.find(({ id }) => id === 'wasm');
  expect(await reportOfWasm()).toMatchObject({ available: true, kind: 'cpu', gemmGflops: null });
  expect(starts).toBe(1);
  const measured = await backend.handle('app.measure', { backend: 'wasm' });
  expect(measured.gemmGflops).toBeGreaterThan(0);
  expect(starts).toBe(2);
  expect(await reportOfWasm()).toEqual(measured);

  const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 20_000 };
  const { run } = await backend.handle('runs.create', { config });
  await expect.poll(async () => (await backend.handle('runs.get', { id: run.id })).step).toBeGreaterThan(0);
  await expect(backend.handle('app.measure', { backend: 'wasm' })).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('A job is running'),
  });
  expect(await reportOfWasm()).toEqual(measured);
  // The engine that was asked first does the work.
  expect(starts).toBe(2);
});
