import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { startEngine } from '../../src-main/backend/engine-host.ts';
import { reportOn } from '../../src-main/engine/compute/index.ts';
import { serveEngine } from '../../src-main/engine/serve-engine.ts';
import type { RequestInput } from '../../src-shared/contract/requests.ts';
import { inProcessChannels } from '../../src-shared/rpc/in-process.ts';
import { closeBackends, hostOf, type OpenBackend, openBackend, tinyConfig, tinyIdx } from './support.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const device = await reportOn('webgpu', false);
const name = (what: string) => (device?.available ? what : `${what} (not here: ${device?.reason})`);

afterAll(closeBackends);

/** Losses of every step of a run, which must have completed. */
async function lossesOf(
  backend: OpenBackend,
  config: RequestInput<'runs.create'>['config'],
): Promise<readonly number[]> {
  const { run } = await backend.handle('runs.create', { config });
  await backend.idle();
  const { status, error, facts } = await backend.handle('runs.get', { id: run.id });
  expect(error).toBeNull();
  expect(status).toBe('completed');
  expect(facts?.backend).toBe(config.compute_backend);
  const rows = await backend.handle('runs.metrics', { id: run.id, names: ['loss'] });
  return rows.map(({ value }) => value);
}

it.skipIf(!device?.available)(
  name('trains the bundled model with CoTo as wasm does'),
  async () => {
    const resourcesDirectory = fileURLToPath(new URL('../../assets', import.meta.url));
    const backend = await openBackend({ startEngine, resourcesDirectory });
    const config = {
      max_steps: 4,
      per_device_train_batch_size: 8,
      eval_samples: 16,
      logging_steps: 1,
      adapter: { r: 4, target_modules: ['q_proj', 'v_proj'] },
      coto: {},
      seed: 3,
    };
    const [expected, actual] = [
      await lossesOf(backend, { ...config, compute_backend: 'wasm' }),
      await lossesOf(backend, { ...config, compute_backend: 'webgpu' }),
    ];
    expect(actual).toHaveLength(4);
    for (const [step, loss] of actual.entries())
      expect(Math.abs(loss / (expected[step] ?? Number.NaN) - 1), `step ${step}`).toBeLessThan(1e-4);
    await backend.close();
  },
  240_000,
);

it.skipIf(!device?.available)(
  name('a device that is lost in the middle of a run interrupts it, and the run can be resumed'),
  async () => {
    // In this very process, so that the test can reach the device.
    let starts = 0;
    const backend = await openBackend({
      startEngine: () => {
        starts++;
        const [backendEnd, engineEnd] = inProcessChannels();
        serveEngine(engineEnd);
        return hostOf(backendEnd, () => backendEnd.close());
      },
    });
    const compute_backend = 'webgpu';
    const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 40, save_steps: 2, compute_backend } as const;
    const { run } = await backend.handle('runs.create', { config });
    const state = () => backend.handle('runs.get', { id: run.id });
    await expect
      .poll(async () => (await state()).checkpoints.length, { interval: 5, timeout: 120_000 })
      .toBeGreaterThan(0);
    const before = starts;
    destroyDevice();
    await backend.idle();
    const interrupted = await state();
    expect(interrupted).toMatchObject({ status: 'interrupted', adapterId: null, error: { code: 'device_lost' } });
    expect(interrupted.error?.hint).toMatch(/checkpoint at step \d+/);

    await backend.handle('runs.resume', { id: run.id });
    await backend.idle();
    expect(starts).toBe(before + 1);
    expect(await state()).toMatchObject({ status: 'completed', step: 40, error: null });
    await backend.close();
  },
  240_000,
);

function destroyDevice(): void {
  const lost: unknown = Reflect.get(tf.backend(), 'device');
  if (typeof lost !== 'object' || lost === null || !('destroy' in lost) || typeof lost.destroy !== 'function')
    throw new Error('the active backend has no device');
  lost.destroy();
}
