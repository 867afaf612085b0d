import { freemem } from 'node:os';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { splitText } from '../../../src-main/backend/runs/micro-batch-split.ts';
import { tightShare } from '../../../src-shared/results/memory-verdict.ts';
import { closeBackends, type OpenBackend, openBackend, scriptedEngine, tinyConfig, tinyIdx } from '../support.ts';

vi.mock('node:os', { spy: true });

let backend: OpenBackend;
const dataset = tinyIdx();
beforeAll(async () => {
  backend = await openBackend({ startEngine: scriptedEngine(() => new Promise(() => undefined)) });
});
afterEach(() => {
  vi.mocked(freemem).mockReset();
});
afterAll(closeBackends);

const split = (size: number, accumulation: number) => ({
  ...tinyConfig,
  dataset,
  per_device_train_batch_size: size,
  gradient_accumulation_steps: accumulation,
});
const auto = { ...split(8, 6), auto_find_batch_size: true };

/** Free memory of which a step with this batch size may just take the share that counts as fitting. */
async function freeFor(size: number): Promise<number> {
  const { memory } = await backend.handle('runs.estimate', { config: split(size, 1) });
  return memory.reduce((sum, { bytes }) => sum + bytes, 0) / tightShare;
}

it('takes the largest micro-batch that fits, and keeps the effective batch', async () => {
  const splitWith = async (freeBytes: number) => {
    vi.mocked(freemem).mockReturnValue(freeBytes);
    return (await backend.handle('runs.estimate', { config: auto })).microBatch;
  };
  const [ofTwelve, ofAll] = [await freeFor(12), await freeFor(48)];
  expect(await splitWith(ofTwelve + 2)).toEqual({ size: 12, accumulation: 4 });
  expect(await splitWith(ofTwelve - 2)).toEqual({ size: 8, accumulation: 6 });
  expect(await splitWith(ofAll + 2)).toEqual({ size: 48, accumulation: 1 });
  expect(await splitWith(1)).toEqual({ size: 1, accumulation: 48 });
});

it('is written into the run and its log, and costs what the same split costs that is given by hand', async () => {
  vi.mocked(freemem).mockReturnValue((await freeFor(12)) + 2);
  const { run } = await backend.handle('runs.create', { config: auto, tags: [] });
  const { auto_find_batch_size: _, ...trained } = run.config;
  const { run: byHand } = await backend.handle('runs.create', { config: split(12, 4), tags: [] });
  const { auto_find_batch_size: __, ...given } = byHand.config;
  // The engine is told nothing else: to the bit the same training.
  expect(trained).toEqual(given);
  const log = await backend.handle('runs.log', { id: run.id });
  expect(log.map(({ text }) => text)).toContain(splitText(run.config));
  expect(splitText(run.config)).toContain('4 × 12 examples');
  expect(await backend.handle('runs.log', { id: byHand.id })).toEqual([]);
  const [ofAuto, ofGiven] = [
    await backend.handle('runs.estimate', { config: auto }),
    await backend.handle('runs.estimate', { config: split(12, 4) }),
  ];
  expect(ofAuto.memory).toEqual(ofGiven.memory);
  expect(ofAuto.yaml).toContain('auto_find_batch_size: true');
});

it('counts on no more memory than WebAssembly can address', async () => {
  // Estimates that fit into the free memory, but not into the remaining address space.
  const most = 3 * 2 ** 30;
  vi.mocked(freemem).mockReturnValue(1000 * most);
  const onWasm = { ...auto, per_device_train_batch_size: 2 ** 18, compute_backend: 'wasm' as const };
  const { microBatch, memory, freeMemoryBytes } = await backend.handle('runs.estimate', { config: onWasm });
  expect(freeMemoryBytes).toBe(most);
  expect(memory.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(tightShare * most);
  expect(microBatch.size * microBatch.accumulation).toBe(2 ** 18 * 6);
  expect(microBatch.size).toBeLessThan(2 ** 18 * 6);
});
