import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differentiated } from '../../../src-main/bench/conformance/differentiated.ts';
import { runTrajectory } from '../../../src-main/bench/gpu/trajectories.ts';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { gpuCounters } from '../../../src-main/engine/compute/webgpu/counters.ts';
import { webgpuBackend } from '../../../src-main/engine/compute/webgpu/index.ts';
import { chooseRounded } from '../../../src-main/engine/compute/webgpu/product-choice.ts';
import { FrozenWeight, loraLinear } from '../../../src-main/engine/ops/index.ts';
import { doraLinear } from '../../../src-main/engine/ops/linear/dora-linear.ts';
import { hiraLinear } from '../../../src-main/engine/ops/linear/hira-linear.ts';
import { matmul } from '../../../src-main/engine/ops/linear/matmul.ts';
import type { StoredEncoding } from '../../../src-main/engine/tensors/stored-matrix.ts';
import { relativeDifference } from '../golden.ts';
import { programsOf } from './gpu-programs.ts';
import { headLosses, normal, randomMatrix, storedOn } from './random-matrices.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
// Not as it is timed here: software is as fast either way.
process.env['COTO_WEBGPU_PRODUCTS'] = 'float16';
const report = await reportOn('webgpu');
const resources = fileURLToPath(new URL('../../../assets', import.meta.url));

/** Tolerance of sums over operands rounded to 11 bits, relative to the largest sum. */
const tolerance = 2e-3;

/** Software that imitates a card takes seconds of a processor for each program that it has not met before. */
const compileMilliseconds = 900_000;

/** The same matrix twice: rounded by its products, and not. */
async function stored(encoding: StoredEncoding, rows: number, columns: number): Promise<[tf.Tensor2D, tf.Tensor2D]> {
  const given = randomMatrix(encoding, rows, columns);
  const [rounded, exact] = [await storedOn(webgpuBackend, given), await storedOn(webgpuBackend, given)];
  await webgpuBackend.storage?.allowFloat16?.(rounded.matrix);
  return [rounded.matrix, exact.matrix];
}

const isRounded = (programs: Readonly<Record<string, number>>) =>
  Object.keys(programs).some((name) => name.includes('_deep_float16'));

describe.skipIf(report?.available !== true || report.card?.float16 !== true)('products in float16 on WebGPU', () => {
  beforeAll(async () => {
    await activateCompute('webgpu');
    tf.env().set('WEBGPU_CPU_FORWARD', false);
  });
  afterAll(() => {
    delete process.env['COTO_WEBGPU_PRODUCTS'];
  });

  it.each([
    { variant: 'LoRA', linear: loraLinear, encoding: 'float16' },
    { variant: 'DoRA', linear: doraLinear, encoding: 'q4_0' },
    { variant: 'HiRA', linear: hiraLinear, encoding: 'bfloat16' },
  ] as const)(
    'are close to those in float32, as a $variant linear of $encoding with gradients',
    async ({ linear, encoding }) => {
      const weights = await stored(encoding, 256, 128);
      const [x, a, b] = [normal([40, 128], 1), normal([4, 128], 2), normal([256, 4], 3)];
      const magnitude = tf.tensor1d(Array.from({ length: 256 }, (_, output) => 1 + (output % 7) / 4));
      // Gradients are this small: above 16 they would be rounded to that.
      const dy = tf.mul(normal([40, 256], 4), 1e-3);
      const bias = { shape: [256], data: new Float32Array(256).fill(0.5) };
      const frozen = weights.map((weight) => new FrozenWeight(weight, bias));
      for (const weight of frozen) weight.squaresByOutput(1);
      const counted: boolean[] = [];
      const before = tf.memory().numTensors;
      const results = frozen.map((weight) => {
        gpuCounters.start();
        const run = () => linear(x, weight, { a, b, magnitude, scaling: 0.5 });
        const { value, gradients } = differentiated(run, [x, a, b], dy);
        counted.push(isRounded(gpuCounters.stop().byProgram));
        return [value, ...gradients];
      });
      expect(counted).toEqual([true, false]);
      for (const [at, tensor] of (results[0] ?? []).entries()) {
        const difference = relativeDifference(await tensor.data(), (await results[1]?.[at]?.data()) ?? []);
        expect(difference).toBeLessThan(tolerance);
      }
      tf.dispose(results);
      expect(tf.memory().numTensors).toBe(before);
    },
    compileMilliseconds,
  );

  it(
    'are close to those in float32 as a language head, with gradients',
    async () => {
      const weights = await stored('float16', 320, 64);
      const results = headLosses(weights, normal([40, 64], 9));
      for (const [at, tensor] of (results[0] ?? []).entries())
        expect(relativeDifference(await tensor.data(), (await results[1]?.[at]?.data()) ?? [])).toBeLessThan(tolerance);
      // The results differ: something was rounded.
      expect(await results[0]?.[1]?.data()).not.toEqual(await results[1]?.[1]?.data());
    },
    compileMilliseconds,
  );

  it(
    'keep gradients that float16 alone would take for 0',
    async () => {
      const [weight, exact] = await stored('float16', 256, 128);
      const dy = tf.mul(normal([40, 256], 4), 1e-7);
      const [own, expected] = [matmul(dy, weight, { frozen: true }), matmul(dy, exact, { frozen: true })];
      expect(relativeDifference(await own.data(), await expected.data())).toBeLessThan(tolerance);
    },
    compileMilliseconds,
  );

  it(
    'take what is too large for the largest that there is, and leave NaN what it is',
    async () => {
      const [weight] = await stored('float16', 256, 128);
      const x = new Float32Array(40 * 128).fill(0);
      x[0] = 1e6;
      x[128] = Number.NaN;
      x[256] = 65504;
      const y = await matmul(tf.tensor2d(x, [40, 128]), weight, { transposeB: true, frozen: true }).data();
      expect([...y.subarray(0, 256)].every(Number.isFinite)).toBe(true);
      expect(y.subarray(0, 256)).toEqual(y.subarray(512, 768));
      expect([...y.subarray(256, 512)].every(Number.isNaN)).toBe(true);
    },
    compileMilliseconds,
  );

  it('are none of a few rows, nor of a matrix for which they were not allowed', async () => {
    const [weight, exact] = await stored('float16', 256, 128);
    gpuCounters.start();
    matmul(normal([16, 128], 1), weight, { transposeB: true, frozen: true });
    matmul(normal([40, 128], 1), exact, { transposeB: true, frozen: true });
    expect(isRounded(gpuCounters.stop().byProgram)).toBe(false);
  });

  it(
    'are taken where they were timed to be faster, and float32 else',
    async () => {
      const gpu = programsOf(tf.backend());
      const before = gpu.products.rounded;
      expect(before.id).toBe('float16');
      const tensors = tf.memory().numTensors;
      delete process.env['COTO_WEBGPU_PRODUCTS'];
      await chooseRounded(gpu, { hasFloat16: true, matrices: [], size: 128 });
      expect(['float16', 'float32']).toContain(gpu.products.rounded.id);
      await chooseRounded(gpu, { hasFloat16: false, matrices: [], size: 128 });
      expect(gpu.products.rounded.id).toBe('float32');
      // Paths that the driver rejects are not used, and the device continues.
      const matrices = [{ component: 'f16', m: 16, n: 16, k: 16, subgroup: 32 } as const];
      process.env['COTO_WEBGPU_PRODUCTS'] = 'subgroup-matrices';
      await chooseRounded(gpu, { hasFloat16: true, matrices, size: 128 });
      expect(gpu.products.rounded.id).not.toBe('subgroup-matrices');
      expect(webgpuBackend.failure?.()).toBeNull();
      expect(tf.memory().numTensors).toBe(tensors);
      gpu.products.rounded = before;
    },
    compileMilliseconds,
  );

  it(
    "train with nearly the losses of native's float32",
    async () => {
      gpuCounters.start();
      const trajectory = await runTrajectory('small-llama-lora', resources, tmpdir(), undefined, 'float16');
      expect(isRounded(gpuCounters.stop().byProgram)).toBe(true);
      expect(trajectory.losses).not.toEqual(trajectory.golden);
      expect(trajectory.difference).toBeLessThan(2e-3);
    },
    compileMilliseconds,
  );
});
