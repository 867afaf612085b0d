import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { differentiated } from '../../../src-main/bench/conformance/differentiated.ts';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { gpuCounters } from '../../../src-main/engine/compute/webgpu/counters.ts';
import { webgpuBackend } from '../../../src-main/engine/compute/webgpu/index.ts';
import { FrozenWeight, loraLinear } from '../../../src-main/engine/ops/index.ts';
import { doraLinear } from '../../../src-main/engine/ops/linear/dora-linear.ts';
import { hiraLinear } from '../../../src-main/engine/ops/linear/hira-linear.ts';
import { matmul } from '../../../src-main/engine/ops/linear/matmul.ts';
import { mergedWeight } from '../../../src-main/engine/ops/linear/merged-weight.ts';
import { type StoredEncoding, storedEncodings } from '../../../src-main/engine/tensors/stored-matrix.ts';
import { relativeDifference } from '../golden.ts';
import { headLosses, normal, randomMatrix, storedOn } from './random-matrices.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('webgpu');
const encodings = storedEncodings;
const store = (given: Parameters<typeof storedOn>[1]) => storedOn(webgpuBackend, given);

/** Encodings with one factor: with two, a device may change their order, and add a product without rounding it. */
const exact: readonly StoredEncoding[] = ['float16', 'bfloat16', 'q4_0', 'q5_0', 'q8_0', 'nf4'];

/** Software that imitates a card takes seconds of a processor for each program that it has not met before. */
const compileMilliseconds = 900_000;

/** Both are computed in float32 from the same values. */
const tolerance = 1e-5;

describe.skipIf(report?.available !== true)('a stored matrix on WebGPU', () => {
  beforeAll(async () => {
    await activateCompute('webgpu');
    tf.env().set('WEBGPU_CPU_FORWARD', false);
  });

  it.each(encodings)('has the values of %s', async (encoding) => {
    const before = tf.memory().numTensors;
    const given = randomMatrix(encoding, 24, 512);
    const { matrix, finite } = await store(given);
    expect(finite).toBe(true);
    const values = await matrix.data();
    if (exact.includes(encoding)) expect(values).toEqual(given.values);
    else expect(relativeDifference(values, given.values)).toBeLessThan(1e-7);
    // A kernel that knows nothing of encodings.
    const doubled = tf.mul(matrix, 2);
    expect(await doubled.data()).toEqual(Float32Array.from(values, (value) => 2 * value));
    const places = tf.tensor1d([23, 0, 5], 'int32');
    gpuCounters.start();
    const rows = tf.gather(matrix, places);
    // No more than the rows is decoded.
    expect(gpuCounters.stop().byProgram).toEqual({ [`gather_${encoding}`]: 1 });
    expect(await rows.data()).toEqual(
      Float32Array.from([23, 0, 5].flatMap((row) => [...values.subarray(row * 512, row * 512 + 512)])),
    );
    tf.dispose([matrix, doubled, places, rows]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    // Rows of no whole fours.
    { encoding: 'float16', rows: 3, outputs: 131, inputs: 321 },
    { encoding: 'bfloat16', rows: 66, outputs: 132, inputs: 320 },
    // Numbers of outputs that vocabularies may have.
    { encoding: 'q8_0', rows: 66, outputs: 131, inputs: 320 },
    { encoding: 'q4_0', rows: 66, outputs: 132, inputs: 320 },
    { encoding: 'nf4', rows: 66, outputs: 132, inputs: 320 },
    { encoding: 'q4_k', rows: 66, outputs: 132, inputs: 256 },
  ] as const)(
    'multiplies as its values do: $encoding, $rows rows, in both directions',
    async ({ encoding, rows, outputs, inputs }) => {
      const given = randomMatrix(encoding, outputs, inputs);
      const { matrix } = await store(given);
      const plain = tf.tensor2d(given.values, [outputs, inputs]);
      const [x, dy] = [normal([rows, inputs], 1), normal([rows, outputs], 2)];
      const bias = tf.ones([outputs]);
      const also = { a: normal([rows, 8], 4), b: normal([outputs, 8], 5), transposeB: true, scale: 0.5 };
      const addend = normal([rows, inputs], 6);
      const products = (b: tf.Tensor2D) => [
        matmul(x, b, { transposeB: true, bias, also, frozen: true }),
        matmul(dy, b, { addend, frozen: true }),
      ];
      gpuCounters.start();
      const own = products(matrix);
      expect(gpuCounters.stop().dispatches).toBe(2);
      for (const [at, expected] of products(plain).entries())
        expect(relativeDifference((await own[at]?.data()) ?? [], await expected.data())).toBeLessThan(tolerance);
    },
  );

  it(
    "is a LoRA linear's weight, with gradients, in fewer bytes",
    async () => {
      const given = randomMatrix('q4_0', 256, 128);
      const [{ matrix }, plain] = [await store(given), tf.tensor2d(given.values, [256, 128])];
      const [x, a, b] = [normal([40, 128], 1), normal([4, 128], 2), normal([256, 4], 3)];
      const dy = normal([40, 256], 4);
      const bound: number[] = [];
      const results = [matrix, plain].map((weight) => {
        const frozen = new FrozenWeight(weight, null);
        gpuCounters.start();
        const factors = { a, b, scaling: 0.5 };
        const { value, gradients } = differentiated(() => loraLinear(x, frozen, factors), [x, a, b], dy);
        bound.push(gpuCounters.stop().boundBytes);
        return [value, ...gradients];
      });
      for (const [at, tensor] of (results[0] ?? []).entries())
        expect(relativeDifference(await tensor.data(), (await results[1]?.[at]?.data()) ?? [])).toBeLessThan(tolerance);
      const [stored = 0, whole = 0] = bound;
      // Read forward and in the gradient of x.
      const saved = 4 * 256 * 128 - given.bytes.length;
      expect(whole - stored).toBe(2 * saved);
    },
    compileMilliseconds,
  );

  it('is a language head like any other, with gradients', async () => {
    const given = randomMatrix('nf4', 320, 64);
    const [{ matrix }, plain] = [await store(given), tf.tensor2d(given.values, [320, 64])];
    const x = normal([40, 64], 9);
    const results = headLosses([matrix, plain], x);
    for (const [at, tensor] of (results[0] ?? []).entries())
      expect(relativeDifference(await tensor.data(), (await results[1]?.[at]?.data()) ?? [])).toBeLessThan(tolerance);
  });

  it.each([
    { variant: 'DoRA', linear: doraLinear, forward: 2, backward: 2, encoding: 'q4_0' },
    { variant: 'HiRA', linear: hiraLinear, forward: 1, backward: 3, encoding: 'nf4' },
  ] as const)(
    "is a $variant linear's weight of $encoding, with gradients, and decoded by none of $forward and $backward dispatches",
    async ({ linear, forward, backward, encoding }) => {
      const given = randomMatrix(encoding, 256, 128);
      const [{ matrix }, plain] = [await store(given), tf.tensor2d(given.values, [256, 128])];
      const [x, a, b] = [normal([40, 128], 1), normal([4, 128], 2), normal([256, 4], 3)];
      const magnitude = tf.tensor1d(Array.from({ length: 256 }, (_, output) => 1 + (output % 7) / 4));
      const [dy, bias] = [normal([40, 256], 4), { shape: [256], data: new Float32Array(256).fill(0.5) }];
      const counted: number[] = [];
      const results = [matrix, plain].map((weight) => {
        const frozen = new FrozenWeight(weight, bias);
        frozen.squaresByOutput(1);
        const run = () => linear(x, frozen, { a, b, magnitude, scaling: 0.5 });
        gpuCounters.start();
        run();
        counted.push(gpuCounters.stop().dispatches);
        gpuCounters.start();
        const { value, gradients } = differentiated(run, [x, a, b], dy);
        counted.push(gpuCounters.stop().dispatches);
        return [value, ...gradients];
      });
      for (const [at, tensor] of (results[0] ?? []).entries())
        expect(relativeDifference(await tensor.data(), (await results[1]?.[at]?.data()) ?? [])).toBeLessThan(tolerance);
      expect(counted).toEqual([forward, forward + backward, forward, forward + backward]);
    },
    compileMilliseconds,
  );

  it('is decoded for the time of a call by an operation without a product of its own', async () => {
    const given = randomMatrix('q8_0', 64, 96);
    const [{ matrix }, plain] = [await store(given), tf.tensor2d(given.values, [64, 96])];
    const [a, b] = [normal([3, 96], 2), normal([64, 3], 3)];
    const merged = (weight: tf.Tensor2D) => mergedWeight(weight, { a, b, scaling: 0.3 }, false);
    const own = merged(matrix);
    expect(relativeDifference(await own.data(), await merged(plain).data())).toBeLessThan(tolerance);
  });

  it('keeps nothing of a matrix that was disposed, or whose file ended too soon', async () => {
    const used = () => Number(Reflect.get(tf.memory(), 'numBytesInGPU'));
    const given = randomMatrix('q8_0', 64, 96);
    const before = used();
    const { matrix } = await store(given);
    expect(used() - before).toBe(given.bytes.length);
    matrix.dispose();
    expect(used()).toBe(before);
    const { shape, encoding, bytes } = given;
    const cut = { shape, encoding, byteLength: bytes.length, pieces: () => [bytes.subarray(0, 3000)] };
    await expect(webgpuBackend.storage?.store(cut)).rejects.toThrow('within a block');
    expect(used()).toBe(before);
    await expect(store({ ...given, shape: [64, 64] })).rejects.toThrow('are no matrix of 64 × 64');
    // By a buffer of the pool, which is not mapped.
    const again = await store(given);
    expect(await again.matrix.data()).toEqual(given.values);
  });

  it.each([
    { encoding: 'float16', at: 100, bytes: [0, 0x7c] },
    { encoding: 'bfloat16', at: 100, bytes: [0x80, 0x7f] },
    { encoding: 'q4_0', at: 18, bytes: [0, 0xfc] },
    { encoding: 'nf4', at: 36, bytes: [0, 0, 0x80, 0x7f] },
  ] as const)('tells of values of $encoding that are not finite', async ({ encoding, at, bytes }) => {
    const given = randomMatrix(encoding, 8, 64);
    given.bytes.set(bytes, at);
    const { matrix, finite } = await store(given);
    expect(finite).toBe(false);
    matrix.dispose();
  });
});
