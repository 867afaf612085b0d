import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { activateCompute, computeBackends, reportOn } from '../../../src-main/engine/compute/index.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { sourceHash } from '../../../src-main/engine/compute/wasm-kernels/kernels-binary.ts';
import { measuredReport } from '../../../src-main/engine/probe.ts';

it('takes native by itself where it is built, else wasm, as long as no engine of its own process is there', async () => {
  const active = await activateCompute('auto');
  expect(active.id).toBe('addon' in loadAddon() ? 'native' : 'wasm');
});

it('holds every backend to the conformance suite', async () => {
  const files = await readdir(import.meta.dirname);
  const held = files.flatMap((file) => /^conformance-(.+)\.test\.ts$/.exec(file)?.[1] ?? []);
  expect(held.sort()).toEqual(computeBackends.map(({ id }) => id).sort());
});

it('starts wasm with our kernels, and leaves the process its own way with errors', async () => {
  const listeners = process.listenerCount('uncaughtException');
  const active = await activateCompute('wasm');
  expect(active.device).not.toContain('without');
  expect(process.listenerCount('uncaughtException')).toBe(listeners);
});

it('reports on a backend, with its product rate where that is asked for', async () => {
  expect(await reportOn('wasm')).toMatchObject({ id: 'wasm', available: true, kind: 'cpu', gemmGflops: null });
  const measured = await measuredReport('wasm');
  expect(measured?.gemmGflops).toBeGreaterThan(0.5);
  expect(measured?.gemmBfloat16Gflops).toBeNull();
});

it.each(['tensorflow', 'webgpu'] as const)('loads %s in a separate engine process only', async (choice) => {
  expect(await measuredReport(choice)).toMatchObject({ available: false, gemmGflops: null });
  await expect(activateCompute(choice)).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('a separate engine process'),
  });
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
