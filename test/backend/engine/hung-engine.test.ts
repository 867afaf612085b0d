import { expect, it } from 'vitest';
import { startEngineProcess } from '../../../src-main/backend/engine/engine-host.ts';
import { EngineSupervisor } from '../../../src-main/backend/engine/engine-supervisor.ts';
import { silentLog } from '../../../src-main/logging/log.ts';
import { realEngine } from '../support.ts';
import { logitsOfNothing } from './logits-of-nothing.ts';

const hanging = new URL('./hanging-engine.ts', import.meta.url);
const patience = { probeSeconds: 0.5, silenceSeconds: 0.5 };

function supervise(): EngineSupervisor {
  return new EngineSupervisor(
    (home) => (home === 'process' ? startEngineProcess(process.execPath, hanging) : realEngine(home)),
    silentLog,
    { ends: 0, patience },
  );
}

it('a driver that hangs while it is tried ends nothing but the trial, and is told of', async () => {
  process.env['COTO_COMPUTE_BACKENDS'] = 'tensorflow,webgpu,wasm';
  const engine = supervise();
  await engine.probe();
  const hung = 'It hung when tested: The engine gave no sign of life for 0.5 s. Update the driver of the device.';
  expect(engine.backends('auto')).toMatchObject([
    { id: 'tensorflow', available: false, reason: hung },
    { id: 'webgpu', available: false, reason: hung },
    { id: 'wasm', available: true, chosen: true },
  ]);
  expect(await engine.measure('webgpu')).toMatchObject({ available: false, reason: hung });
  await engine.close();
});

it('one that hangs in a task is ended, and the task is interrupted with the remedy; the next one gets another engine', async () => {
  const engine = supervise();
  await expect(engine.run({ ...logitsOfNothing, compute: 'webgpu' }, () => undefined)).rejects.toMatchObject({
    name: 'EngineLostError',
    code: 'disconnected',
    message: 'The engine gave no sign of life for 0.5 s. It was ended.',
    hint: expect.stringContaining('choose another compute backend in Settings'),
  });
  await expect(engine.run({ ...logitsOfNothing, compute: 'wasm' }, () => undefined)).rejects.toThrow(
    '/no/inputs does not exist',
  );
  await engine.close();
});
