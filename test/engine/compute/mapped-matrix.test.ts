import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { nativeBackend } from '../../../src-main/engine/compute/native.ts';
import { openSafetensors, type SafetensorsFile } from '../../../src-main/engine/tensors/safetensors.ts';
import { streamSafetensors } from '../../../src-main/engine/tensors/safetensors-stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-mapped-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [rows, columns] = [512, 1024];

/** A file of one bfloat16 matrix of small whole numbers. */
async function written(name: string): Promise<{ path: string; file: SafetensorsFile }> {
  const path = join(folder, name);
  const halves = Uint16Array.from({ length: rows * columns }, (_, at) => (at % 3 === 0 ? 0x3f80 : 0x4000));
  const bytes = new Uint8Array(halves.buffer);
  await streamSafetensors(path, [{ name: 'weight', dtype: 'BF16', shape: [rows, columns], pieces: () => [bytes] }]);
  return { path, file: await openSafetensors(path) };
}

async function store(file: SafetensorsFile) {
  const stored = file.stored?.('weight');
  if (!stored || !nativeBackend.storage) throw new Error('the matrix is stored');
  let read = 0;
  const pieces = async function* () {
    for await (const piece of stored.pieces()) {
      read += piece.length;
      yield piece;
    }
  };
  const { matrix } = await nativeBackend.storage.store({ ...stored, pieces });
  return { matrix, read };
}

describe.skipIf(!('addon' in loadAddon()))('a stored matrix of a file', () => {
  beforeAll(async () => {
    await activateCompute('native');
  });

  it('is mapped, not read, and outlives its open file and its name', async () => {
    const { path, file } = await written('plain.safetensors');
    const { matrix, read } = await store(file);
    expect(read).toBe(0);
    await file.close();
    rmSync(path);
    expect(Array.from(matrix.dataSync().slice(0, 6))).toEqual([1, 2, 2, 1, 2, 2]);
    // Mapped bytes count like any other memory.
    expect(nativeBackend.peakBytes?.read()).toBeGreaterThanOrEqual(2 * rows * columns);
    matrix.dispose();
  });

  it('is read where the file is shorter than it was, and named', async () => {
    const { path, file } = await written('short.safetensors');
    truncateSync(path, 5000);
    await expect(store(file)).rejects.toThrow(`${path} ended while tensor "weight" was being read`);
    await file.close();
  });

  it('a file truncated under the map ends the work with a reason, and every later use', async () => {
    const { path, file } = await written('cut.safetensors');
    const { matrix } = await store(file);
    truncateSync(path, 8192);
    const product = () => tf.tidy(() => tf.sum(tf.mul(matrix, 2)).dataSync());
    expect(product).toThrow('was truncated or removed while it was in use');
    expect(product).toThrow('was truncated or removed while it was in use');
    matrix.dispose();
    // Unrelated operations continue.
    expect(tf.tidy(() => tf.sum(tf.ones([8])).dataSync()[0])).toBe(8);
    await file.close();
  });

  it("leaves other programs' bus errors to end the process as before", () => {
    const addon = fileURLToPath(new URL('../../../dist/native/coto-native.node', import.meta.url));
    writeFileSync(join(folder, 'any'), new Uint8Array(8192));
    const script = `const fs = require('node:fs'); const addon = require(${JSON.stringify(addon)});
      addon.map(fs.openSync(${JSON.stringify(join(folder, 'any'))}, 'r'), 0, 8192);
      process.kill(process.pid, 'SIGBUS'); setTimeout(() => {}, 5000);`;
    expect(spawnSync(process.execPath, ['-e', script]).signal).toBe('SIGBUS');
  });
});
