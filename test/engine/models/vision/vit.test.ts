import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { registerWasmKernels, unregisterWasmKernels } from '../../../../src-main/engine/compute/wasm-kernels/index.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { forwardThrough, PlainRunner } from '../../../../src-main/engine/models/plain-runner.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { floats, goldenPath, relativeDifference } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const bundled = fileURLToPath(new URL('../../../../assets/models/quickdraw-vit', import.meta.url));
const references = [
  { name: 'three channels', folder: goldenPath('vit', 'base'), files: goldenFiles('vit') },
  { name: 'one channel', folder: goldenPath('vit-28', 'base'), files: goldenFiles('vit-28') },
  {
    name: 'the bundled base',
    folder: bundled,
    files: { inputs: `${bundled}/expected.safetensors`, outputs: `${bundled}/expected.safetensors` },
  },
];

function goldenFiles(family: string): { inputs: string; outputs: string } {
  return { inputs: goldenPath(family, 'inputs.safetensors'), outputs: goldenPath(family, 'base-outputs.safetensors') };
}

async function tensorOf(file: string, name: string): Promise<{ shape: number[]; data: Float32Array }> {
  const found = (await readSafetensors(file)).get(name);
  if (found === undefined) throw new Error(`${file} lacks ${name}`);
  return { shape: [...found.shape], data: floats(found) };
}

function logits(base: BaseModel, pixels: { shape: number[]; data: Float32Array }): Float32Array {
  return tf.tidy(() => {
    const inputs = { pixel_values: tf.tensor(pixels.data, pixels.shape) };
    return Float32Array.from(forwardThrough(base, inputs, new PlainRunner(base)).dataSync());
  });
}

beforeAll(() => activateCompute(testCompute));

describe.each(references)('$name', ({ folder, files }) => {
  it('gives the logits of transformers, with and without our kernels, and keeps no tensor', async () => {
    const [pixels, expected] = [await tensorOf(files.inputs, 'pixel_values'), await tensorOf(files.outputs, 'logits')];
    const before = tf.memory().numTensors;
    const base = await loadBaseModel(folder);
    const loaded = tf.memory().numTensors;
    expect(relativeDifference(logits(base, pixels), expected.data)).toBeLessThan(1e-5);
    if (testCompute === 'wasm') {
      unregisterWasmKernels();
      expect(relativeDifference(logits(base, pixels), expected.data)).toBeLessThan(1e-5);
      expect(registerWasmKernels()).toBe(true);
    }
    expect(tf.memory().numTensors).toBe(loaded);
    base.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a loaded base', () => {
  // Not the same bits alone as among others: matrix products choose their kernel, and its order of summation, by the number of rows.
  it('gives the same bits each time, and one image the logits it has among many but for rounding', async () => {
    const base = await loadBaseModel(bundled);
    const pixels = await tensorOf(`${bundled}/expected.safetensors`, 'pixel_values');
    const all = logits(base, pixels);
    expect(logits(base, pixels)).toEqual(all);
    const alone = logits(base, { shape: [1, ...pixels.shape.slice(1)], data: pixels.data.slice(0, 784) });
    expect(relativeDifference(alone, all.slice(0, alone.length))).toBeLessThan(3e-6);
    base.dispose();
  });

  it('refuses inputs that do not fit, and inputs without pixels', async () => {
    const base = await loadBaseModel(goldenPath('vit-28', 'base'));
    expect(() => logits(base, { shape: [1, 3, 28, 28], data: new Float32Array(3 * 784) })).toThrow(/\[3, 28, 28\]/);
    expect(() => base.embed({}, new PlainRunner(base))).toThrow(/pixel_values/);
    base.dispose();
  });
});
