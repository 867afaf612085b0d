import { cp, mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { WarmBase } from '../../../src-main/engine/generation/warm-base.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

let scratch: string;
let tensors: number;
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-warm-'));
  await cp(goldenPath('vit-28', 'base'), path.join(scratch, 'one'), { recursive: true });
  await cp(goldenPath('vit-28', 'base'), path.join(scratch, 'two'), { recursive: true });
  await activateCompute(testCompute);
  tensors = tf.memory().numTensors;
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

function used(warm: WarmBase, name = 'one'): Promise<BaseModel> {
  const choice = { directory: path.join(scratch, name), compute: testCompute, bfloat16: false };
  return warm.use(choice, async (base) => base);
}

it('keeps the base that was used last, and only that', async () => {
  const warm = new WarmBase();
  const first = await used(warm);
  const ofOne = tf.memory().numTensors;
  expect(ofOne).toBeGreaterThan(tensors);
  expect(await used(warm)).toBe(first);
  expect(await used(warm, 'two')).not.toBe(first);
  expect(tf.memory().numTensors).toBe(ofOne);
  warm.release();
  expect(tf.memory().numTensors).toBe(tensors);
  warm.release();
});

it('loads again what has changed', async () => {
  const warm = new WarmBase();
  const first = await used(warm);
  await utimes(path.join(scratch, 'one', 'config.json'), 1_000_000, 1_000_000);
  expect(await used(warm)).not.toBe(first);
  warm.release();
  expect(tf.memory().numTensors).toBe(tensors);
});

it('keeps nothing for another compute backend, nor after an error', async () => {
  const warm = new WarmBase();
  await used(warm);
  warm.releaseUnlessOn(testCompute);
  expect(tf.memory().numTensors).toBeGreaterThan(tensors);
  warm.releaseUnlessOn('auto');
  expect(tf.memory().numTensors).toBe(tensors);
  await used(warm);
  const choice = { directory: path.join(scratch, 'one'), compute: testCompute, bfloat16: false };
  await expect(warm.use(choice, () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(tf.memory().numTensors).toBe(tensors);
});

it('lets go after a while without work, not during it', async () => {
  const warm = new WarmBase(20);
  await used(warm);
  const choice = { directory: path.join(scratch, 'one'), compute: testCompute, bfloat16: false };
  const during = await warm.use(choice, async () => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    return tf.memory().numTensors;
  });
  expect(during).toBeGreaterThan(tensors);
  await expect.poll(() => tf.memory().numTensors).toBe(tensors);
});
