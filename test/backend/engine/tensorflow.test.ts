import { afterAll, expect, it } from 'vitest';
import { startEngine, startEngineProcess } from '../../../src-main/backend/engine/engine-host.ts';
import { EngineSupervisor } from '../../../src-main/backend/engine/engine-supervisor.ts';
import { findInstallation } from '../../../src-main/engine/compute/tensorflow/installation.ts';
import { relativeDifference } from '../../engine/golden.ts';
import { bundledResources, closeBackends, lossesOn, openBackend, realEngine } from '../support.ts';

afterAll(closeBackends);

const isSetUp = findInstallation() !== null;

it.skipIf(!isSetUp)(
  `tensorflow trains the bundled model with CoTo as wasm does${isSetUp ? '' : ' (not here: libtensorflow is not set up)'}`,
  async () => {
    const backend = await openBackend({ startEngine, resourcesDirectory: bundledResources });
    const [expected, actual] = [await lossesOn(backend, 'wasm'), await lossesOn(backend, 'tensorflow')];
    expect(relativeDifference(actual, expected)).toBeLessThan(1e-4);
    await backend.close();
  },
);

it('a driver that crashes while tensorflow is tried, ends nothing but the trial, and is told of', async () => {
  process.env['COTO_COMPUTE_BACKENDS'] = 'tensorflow,webgpu,wasm';
  const crashing = new URL('./crashing-engine.ts', import.meta.url);
  const engine = new EngineSupervisor((home) =>
    home === 'process' ? startEngineProcess(process.execPath, crashing) : realEngine(home),
  );
  await engine.probe();
  expect(engine.backends('auto')).toMatchObject([
    { id: 'tensorflow', available: false, reason: expect.stringMatching(/failed when tested: .*SIGSEGV/) },
    { id: 'webgpu', available: false, reason: expect.stringMatching(/SIGSEGV/) },
    { id: 'wasm', available: true, chosen: true },
  ]);
  await engine.close();
});
