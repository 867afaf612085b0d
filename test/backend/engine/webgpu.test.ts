import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startEngine } from '../../../src-main/backend/engine/engine-host.ts';
import { reportOn } from '../../../src-main/engine/compute/index.ts';
import { serveEngine } from '../../../src-main/engine/serve-engine.ts';
import { inProcessChannels } from '../../../src-shared/rpc/in-process.ts';
import { relativeDifference } from '../../engine/golden.ts';
import {
  bundledResources,
  closeBackends,
  hostOf,
  lossesOn,
  type OpenBackend,
  openBackend,
  tinyConfig,
  tinyIdx,
} from '../support.ts';
import { tellAtOnce } from '../tell-at-once.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const device = await reportOn('webgpu');
const name = (what: string) => (device?.available ? what : `${what} (not here: ${device?.reason})`);

beforeAll(tellAtOnce);
afterAll(async () => {
  vi.restoreAllMocks();
  await closeBackends();
});

/** An engine in this very process. */
function startHere() {
  const [backendEnd, engineEnd] = inProcessChannels();
  serveEngine(engineEnd);
  return hostOf(backendEnd, () => backendEnd.close());
}

/** Starts a run of 16 steps, and is back between two of them, as soon as there is a checkpoint. */
async function trainToCheckpoint(backend: OpenBackend) {
  const compute_backend = 'webgpu';
  const config = { ...tinyConfig, dataset: tinyIdx(), max_steps: 16, save_steps: 2, compute_backend } as const;
  const saved = new Promise<void>((resolve) => {
    backend.on('run.changed', ({ checkpoints }) => {
      if (checkpoints.length > 0) resolve();
    });
  });
  const { run } = await backend.handle('runs.create', { config });
  await saved;
  return { run, state: () => backend.handle('runs.get', { id: run.id }) };
}

it.skipIf(!device?.available)(name('trains the bundled model with CoTo as wasm does'), async () => {
  const backend = await openBackend({ startEngine, resourcesDirectory: bundledResources });
  const [expected, actual] = [await lossesOn(backend, 'wasm'), await lossesOn(backend, 'webgpu')];
  expect(relativeDifference(actual, expected)).toBeLessThan(1e-4);
  await backend.close();
});

it.skipIf(!device?.available)(
  name('a device that is lost in the middle of a run interrupts it, and the run can be resumed'),
  async () => {
    // In this very process, so that the test can reach the device.
    let starts = 0;
    const backend = await openBackend({
      startEngine: () => {
        starts++;
        return startHere();
      },
    });
    const { run, state } = await trainToCheckpoint(backend);
    const before = starts;
    destroyDevice();
    await backend.idle();
    const interrupted = await state();
    expect(interrupted).toMatchObject({ status: 'interrupted', adapterId: null, error: { code: 'device_lost' } });
    expect(interrupted.error?.hint).toMatch(/checkpoint at step \d+/);

    await backend.handle('runs.resume', { id: run.id });
    await backend.idle();
    expect(starts).toBe(before + 1);
    expect(await state()).toMatchObject({ status: 'completed', step: 16, error: null });
    await backend.close();
  },
);

it.skipIf(!device?.available)(
  name('a card whose memory runs out in a step ends the run with step, shape and remedy, and the run can be resumed'),
  async () => {
    // In this very process, which reads its limit again at every checkpoint.
    const backend = await openBackend({ startEngine: startHere });
    const { run, state } = await trainToCheckpoint(backend);
    process.env['COTO_WEBGPU_MEGABYTES'] = '0.001';
    await backend.idle();
    delete process.env['COTO_WEBGPU_MEGABYTES'];
    const ended = await state();
    expect(ended).toMatchObject({ status: 'failed', adapterId: null, error: { code: 'out_of_memory' } });
    expect(ended.error?.message).toMatch(
      /^There was no memory left in step \d+ of 16, for micro-batches of [\d× ]+ values\.$/,
    );
    expect(ended.error?.hint).toContain('resume the run from its last checkpoint');

    await backend.handle('runs.resume', { id: run.id });
    await backend.idle();
    expect(await state()).toMatchObject({ status: 'completed', step: 16, error: null });
    await backend.close();
  },
);

function destroyDevice(): void {
  const lost: unknown = Reflect.get(tf.backend(), 'device');
  if (typeof lost !== 'object' || lost === null || !('destroy' in lost) || typeof lost.destroy !== 'function')
    throw new Error('the active backend has no device');
  lost.destroy();
}
