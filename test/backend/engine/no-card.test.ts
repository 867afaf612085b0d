import { afterAll, afterEach, expect, it } from 'vitest';
import { startEngine } from '../../../src-main/backend/engine/engine-host.ts';
import { EngineSupervisor } from '../../../src-main/backend/engine/engine-supervisor.ts';
import { memoryVerdict } from '../../../src-shared/results/memory-verdict.ts';
import { closeBackends, openBackend, tinyConfig, tinyIdx } from '../support.ts';
import { logitsOfNothing } from './logits-of-nothing.ts';

const variables = ['VK_ICD_FILENAMES', 'COTO_COMPUTE_BACKENDS', 'COTO_WEBGPU_MEGABYTES'];
afterEach(() => {
  for (const name of variables) delete process.env[name];
});
afterAll(closeBackends);

it.runIf(process.platform === 'linux')(
  'without any graphics device, the processor computes, it is said why, and a task that names WebGPU is refused with the way out',
  async () => {
    process.env['VK_ICD_FILENAMES'] = '/dev/null';
    process.env['COTO_COMPUTE_BACKENDS'] = 'webgpu,wasm';
    const engine = new EngineSupervisor(startEngine);
    await engine.probe();
    const [webgpu, wasm] = engine.backends('auto') ?? [];
    expect(webgpu).toMatchObject({ id: 'webgpu', available: false, chosen: false, device: null, card: null });
    expect(webgpu?.reason).toMatch(/^No graphics device was found\. Install the Vulkan driver of your card/);
    expect(wasm).toMatchObject({ id: 'wasm', available: true, chosen: true });
    expect(wasm?.reason).toContain('Taken automatically: WebGPU cannot be used (No graphics device was found).');
    await expect(engine.run({ ...logitsOfNothing, compute: 'webgpu' }, () => undefined)).rejects.toMatchObject({
      code: 'refused',
      message: webgpu?.reason,
    });
    await expect(engine.run({ ...logitsOfNothing, compute: 'wasm' }, () => undefined)).rejects.toThrow(
      '/no/inputs does not exist',
    );
    await engine.close();
  },
);

it('a run that the card has no memory for is estimated not to fit, before anything was tried', async ({ skip }) => {
  process.env['COTO_COMPUTE_BACKENDS'] = 'webgpu,wasm';
  process.env['COTO_WEBGPU_MEGABYTES'] = '160';
  const backend = await openBackend({ startEngine });
  const config = { ...tinyConfig, dataset: tinyIdx(), compute_backend: 'webgpu' } as const;
  const estimate = await backend.handle('runs.estimate', { config });
  if (estimate.largestTensorBytes === null) return skip('there is no WebGPU here');
  expect(estimate.freeMemoryBytes).toBe(160e6);
  expect(memoryVerdict(estimate, estimate)).not.toBe('fits');
  const ofMany = { ...config, per_device_train_batch_size: 65_536 };
  const many = await backend.handle('runs.estimate', { config: ofMany });
  expect(memoryVerdict(many, many)).toBe('does not fit');
  // The native backend would need a part of the machine's memory.
  expect(many.tensorBytes).toBeGreaterThan(estimate.tensorBytes);
  const wasm = await backend.handle('runs.estimate', { config: { ...config, compute_backend: 'wasm' } });
  expect(wasm).toMatchObject({ largestTensorBytes: null });
  expect(wasm.freeMemoryBytes).toBeGreaterThan(160e6);
  await backend.close();
});
