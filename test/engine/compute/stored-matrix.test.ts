import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { nativeBackend } from '../../../src-main/engine/compute/native.ts';
import { hiraGradients, hiraMatmul } from '../../../src-main/engine/ops/linear/hira-matmul.ts';
import { matmul } from '../../../src-main/engine/ops/linear/matmul.ts';
import { storedEncodings } from '../../../src-main/engine/tensors/stored-matrix.ts';
import { relativeDifference } from '../golden.ts';
import { headLosses, normal, randomMatrix, storedOn, typeOf } from './random-matrices.ts';

const hasBfloat16 = nativeBackend.bfloat16?.isAvailable() === true;
const store = (given: Parameters<typeof storedOn>[1]) => storedOn(nativeBackend, given);

describe.skipIf(!('addon' in loadAddon()))('a stored matrix on the native backend', () => {
  beforeAll(async () => {
    await activateCompute('native');
  });

  it.each(storedEncodings)('has the values of %s, to the bit', async (encoding) => {
    const given = randomMatrix(encoding, 24, 512);
    const { matrix, finite } = await store(given);
    expect(finite).toBe(true);
    expect(matrix.dataSync()).toEqual(given.values);
    // A kernel that knows nothing of encodings.
    expect(tf.tidy(() => tf.sum(tf.mul(matrix, 2)).dataSync()[0])).toBeCloseTo(
      2 * given.values.reduce((sum, value) => sum + value, 0),
      1,
    );
    const rows = tf.tidy(() => tf.gather(matrix, tf.tensor1d([23, 0, 5], 'int32')).dataSync());
    expect(rows).toEqual(
      Float32Array.from([23, 0, 5].flatMap((row) => [...given.values.subarray(row * 512, row * 512 + 512)])),
    );
    matrix.dispose();
  });

  it.each(
    storedEncodings.flatMap((encoding) =>
      (encoding === 'q4_0' ? [1, 70, 600] : [3, 66]).map((rows) => ({ encoding, rows })),
    ),
  )('multiplies as its values do: $encoding, $rows rows, in both directions', async ({ encoding, rows }) => {
    // More inputs than a part has, and outputs, and where there are no blocks inputs, that are no whole number of parts.
    const [outputs, inputs] = [330, typeOf(encoding).blockValues === 1 ? 2305 : 2304];
    const given = randomMatrix(encoding, outputs, inputs);
    const { matrix } = await store(given);
    const plain = tf.tensor2d(given.values, [outputs, inputs]);
    const [x, dy] = [normal([rows, inputs], 1), normal([rows, outputs], 2)];
    const bias = tf.tensor1d(normal([1, outputs], 3).dataSync());
    const also = { a: normal([rows, 8], 4), b: normal([outputs, 8], 5), transposeB: true, scale: 0.5 };
    const addend = normal([rows, inputs], 6);
    for (const bfloat16 of hasBfloat16 ? [false, true] : [false]) {
      const forward = (b: tf.Tensor2D) =>
        matmul(x, b, { transposeB: true, bias, also, frozen: true, bfloat16 }).dataSync();
      const backward = (b: tf.Tensor2D) => matmul(dy, b, { addend, frozen: true, bfloat16 }).dataSync();
      const bound = bfloat16 ? 1e-2 : 2e-6;
      tf.tidy(() => {
        expect(relativeDifference(forward(matrix), forward(plain))).toBeLessThan(bound);
        expect(relativeDifference(backward(matrix), backward(plain))).toBeLessThan(bound);
      });
    }
    tf.dispose([matrix, plain, x, dy, bias, addend, also.a, also.b]);
  });

  // The first is several strips and tiles, the last of each cut short; the second has blocks of 256 values.
  it.each([
    { encoding: 'q8_0', outputs: 1600, inputs: 2080 },
    { encoding: 'q4_k', outputs: 150, inputs: 2304 },
  ] as const)("gives HiRA's products and gradients part by part: $encoding", async ({ encoding, outputs, inputs }) => {
    const given = randomMatrix(encoding, outputs, inputs);
    const { matrix } = await store(given);
    const plain = tf.tensor2d(given.values, [outputs, inputs]);
    const factors = { a: normal([3, inputs], 1), b: normal([outputs, 3], 2), scaling: 0.3 };
    const [x, dy] = [normal([5, inputs], 3), normal([5, outputs], 4)];
    const results = (weight: tf.Tensor2D) =>
      tf.tidy(() => {
        const changed = { weight, ...factors };
        const { a, b } = hiraGradients(dy, x, changed, false);
        const products = [hiraMatmul(x, changed, { transposed: true }), hiraMatmul(dy, changed, { transposed: false })];
        return [...products, a, b].map((tensor) => tensor.dataSync());
      });
    nativeBackend.peakBytes?.reset();
    const before = nativeBackend.peakBytes?.read() ?? 0;
    const own = results(matrix);
    const taken = (nativeBackend.peakBytes?.read() ?? 0) - before;
    // A strip decoded, the same packed, and the sums of the gradients: of a large matrix less than it has in float32.
    if (encoding === 'q8_0') expect(taken).toBeLessThan(0.8 * 4 * outputs * inputs);
    for (const [at, values] of results(plain).entries())
      expect(relativeDifference(own[at] ?? [], values)).toBeLessThan(2e-6);
    tf.dispose([matrix, plain, x, dy, factors.a, factors.b]);
  });

  it('gives the same bits at any number of threads', async () => {
    const { matrix } = await store(randomMatrix('q4_0', 640, 1024));
    const x = normal([300, 1024], 8);
    const product = () => tf.tidy(() => matmul(x, matrix, { transposeB: true, frozen: true }).dataSync());
    const once = product();
    for (const threads of [1, 2, 3]) {
      await activateCompute('native', threads);
      expect(product()).toEqual(once);
    }
    tf.dispose([x, matrix]);
  });

  it('is a language head like any other, with gradients', async () => {
    const given = randomMatrix('q8_0', 320, 96);
    const [{ matrix }, plain] = [await store(given), tf.tensor2d(given.values, [320, 96])];
    const x = normal([40, 96], 9);
    const results = headLosses([matrix, plain], x);
    for (const [at, tensor] of (results[0] ?? []).entries())
      expect(relativeDifference(tensor.dataSync(), results[1]?.[at]?.dataSync() ?? [])).toBeLessThan(1e-5);
    tf.dispose([matrix, plain, x]);
  });

  it('tells of values that are not finite', async () => {
    const given = randomMatrix('float16', 8, 64);
    given.bytes[101] = 0x7c;
    given.bytes[100] = 0;
    const { matrix, finite } = await store(given);
    expect(finite).toBe(false);
    matrix.dispose();
  });
});
