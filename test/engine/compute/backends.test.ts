import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { activateCompute, computeBackends, probeComputeBackends } from '../../../src-main/engine/compute/index.ts';
import { sourceHash } from '../../../src-main/engine/compute/wasm-kernels/kernels-binary.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';

it('takes wasm here by itself and says why not another', async () => {
  const listeners = process.listenerCount('uncaughtException');
  const active = await activateCompute('auto');
  expect(active.id).toBe('wasm');
  expect(active.device).not.toContain('without');
  expect(active.reason).toMatch(/tfjs-node-gpu is not installed|may only be loaded/);
  expect(process.listenerCount('uncaughtException')).toBe(listeners);
});

it('reports every backend, with the product rate of the chosen one', async () => {
  const reports = await probeComputeBackends('wasm');
  expect(reports.map(({ id }) => id)).toEqual(computeBackends.map(({ id }) => id));
  const wasm = reports.find(({ id }) => id === 'wasm');
  expect(wasm).toMatchObject({ available: true, chosen: true, reason: 'Chosen in the settings.' });
  expect(wasm?.gemmGflops).toBeGreaterThan(0.5);
});

it.each(['native', 'webgpu'] as const)('refuses %s, which this version does not have', async (choice) => {
  const error = await activateCompute(choice).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StudioError);
  expect(error).toMatchObject({ code: 'refused', message: expect.stringContaining(`"${choice}"`) });
});

it('runs in a worker thread', async () => {
  const index = new URL('../../../src-main/engine/compute/index.ts', import.meta.url).href;
  const code = `const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(index)}).then((compute) => compute.activateCompute('wasm'))
      .then((active) => parentPort.postMessage(active.device), (error) => parentPort.postMessage(String(error)));`;
  const worker = new Worker(code, { eval: true });
  const device = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  expect(device).toBe('CPU, one thread, 128-bit SIMD');
});

it('has kernels that were built from the source beside them', async () => {
  const folder = new URL('../../../src-main/engine/compute/wasm-kernels/', import.meta.url);
  const hash = createHash('sha256');
  const names = (await readdir(folder)).filter((name) => /\.[ch]$/.test(name)).sort();
  for (const name of names) hash.update(await readFile(new URL(name, folder)));
  expect(hash.digest('hex')).toBe(sourceHash);
});
