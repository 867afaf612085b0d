import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { get } from '../../../src-main/bench/conformance/reference.ts';
import { resolveComputeDtype } from '../../../src-main/engine/compute/compute-dtype.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { nativeBackend } from '../../../src-main/engine/compute/native.ts';
import { valueAndGradients } from '../../../src-main/engine/ops/autograd/backward.ts';
import { frozenLinear } from '../../../src-main/engine/ops/linear/frozen-linear.ts';
import { FrozenWeight } from '../../../src-main/engine/ops/linear/frozen-weight.ts';
import { matmul } from '../../../src-main/engine/ops/linear/matmul.ts';
import { relativeDifference } from '../golden.ts';
import { normal, randomMatrix, storedOn } from './random-matrices.ts';

describe.skipIf(nativeBackend.int8?.isAvailable() !== true)('products of 8-bit integers on the native backend', () => {
  beforeAll(async () => {
    await activateCompute('native');
  });

  // The first has no tails; the others end within every block of rows, inputs and outputs, and in several tasks.
  it.each([
    { rows: 128, inputs: 192, outputs: 256 },
    { rows: 5, inputs: 70, outputs: 33 },
    { rows: 133, inputs: 261, outputs: 131 },
  ])('are exact in both directions: $rows rows, $inputs → $outputs', ({ rows, inputs, outputs }) => {
    const { weight } = frozen(normal([outputs, inputs], 1).dataSync(), outputs, inputs);
    const [x, dy] = [normal([rows, inputs], 2), normal([rows, outputs], 3)];
    const [values, xs, dys] = [weight.dataSync(), x.dataSync(), dy.dataSync()];
    const forward = tf.tidy(() => matmul(x, weight, { transposeB: true, frozen: true }).dataSync());
    const backward = tf.tidy(() => matmul(dy, weight, { frozen: true }).dataSync());
    expectProduct(forward, quantized(xs, rows, inputs), quantized(values, outputs, inputs));
    expectProduct(backward, quantized(dys, rows, outputs), quantized(turned(values, outputs, inputs), inputs, outputs));
  });

  it('add the second product, bias and addend, and multiply, like those of float32', () => {
    const [rows, inputs, outputs] = [150, 256, 192];
    const { weight } = frozen(normal([outputs, inputs], 1).dataSync(), outputs, inputs);
    const x = normal([rows, inputs], 2);
    const also = { a: normal([rows, 8], 4), b: normal([outputs, 8], 5), transposeB: true, scale: 0.5 };
    const rest = { also, bias: tf.tensor1d(normal([1, outputs], 3).dataSync()), addend: normal([rows, outputs], 6) };
    const multiplier = normal([rows, outputs], 7);
    tf.tidy(() => {
      const plain = matmul(x, weight, { transposeB: true, frozen: true });
      const all = matmul(x, weight, { transposeB: true, frozen: true, ...rest, multiplier });
      const second = tf.mul(tf.matMul(also.a, also.b, false, true), 0.5);
      const expected = tf.mul(tf.add(tf.add(tf.add(plain, second), rest.bias), rest.addend), multiplier);
      expect(relativeDifference(all.dataSync(), expected.dataSync())).toBeLessThan(1e-6);
    });
  });

  it.each(['bfloat16', 'int8', 'q8_0'] as const)(
    'read a matrix stored as %s without a float copy',
    async (encoding) => {
      const [rows, inputs, outputs] = [70, 512, 330];
      const given = randomMatrix(encoding, outputs, inputs);
      const { matrix } = await storedOn(nativeBackend, given);
      nativeBackend.storage?.allowInt8?.(matrix);
      const { weight } = frozen(given.values, outputs, inputs);
      const [x, dy] = [normal([rows, inputs], 2), normal([rows, outputs], 3)];
      tf.tidy(() => {
        for (const [a, transposeB] of [
          [x, true],
          [dy, false],
        ] as const) {
          const product = (b: tf.Tensor2D) => matmul(a, b, { transposeB, frozen: true }).dataSync();
          expect(product(tf.reshape(matrix, [outputs, inputs]))).toEqual(product(weight));
        }
      });
      matrix.dispose();
    },
  );

  it('give NaN for a row that is not finite, zeros for one of zeros, and leave the others alone', () => {
    const [rows, inputs, outputs] = [6, 512, 300];
    const { weight } = frozen(normal([outputs, inputs], 1).dataSync(), outputs, inputs);
    const values = normal([rows, inputs], 2).dataSync();
    const clean = product(values);
    const spoilt = values.slice();
    spoilt[inputs + 3] = Number.NaN;
    spoilt[2 * inputs + 9] = Number.POSITIVE_INFINITY;
    spoilt.fill(0, 3 * inputs, 4 * inputs);
    const result = product(spoilt);
    const row = (of: ArrayLike<number>, at: number) => Array.from(of).slice(at * outputs, (at + 1) * outputs);
    expect(row(result, 1).every(Number.isNaN)).toBe(true);
    expect(row(result, 2).every(Number.isNaN)).toBe(true);
    expect(row(result, 3).every((value) => value === 0)).toBe(true);
    for (const at of [0, 4, 5]) expect(row(result, at)).toEqual(row(clean, at));

    function product(of: ArrayLike<number>) {
      return tf.tidy(() =>
        matmul(tf.tensor2d(Float32Array.from(of), [rows, inputs]), weight, {
          transposeB: true,
          frozen: true,
        }).dataSync(),
      );
    }
  });

  it('have the gradient of a linear layer within the rounding of dy and W to 8 bits', () => {
    const [rows, inputs, outputs] = [96, 256, 320];
    const values = normal([outputs, inputs], 1).dataSync();
    const [x, dy] = [normal([rows, inputs], 2), normal([rows, outputs], 3)];
    const gradient = (weight: FrozenWeight) =>
      tf.tidy(() => valueAndGradients(() => frozenLinear(x, weight), [x], dy).gradients[0]?.dataSync());
    const [exact, rounded] = [
      gradient(new FrozenWeight(tf.tensor2d(values, [outputs, inputs]), null)),
      gradient(frozen(values, outputs, inputs)),
    ];
    // Each factor of normal numbers is off by about 0.7 % of its size: half a step of a row's largest, 3.2 / 127, over √3.
    expect(relativeDifference(rounded ?? [], exact ?? [])).toBeLessThan(0.015);
    expect(relativeDifference(rounded ?? [], exact ?? [])).toBeGreaterThan(0.001);
  });
});

it('int8 is refused where the backend has none, and where the processor has none, with the way out', () => {
  for (const backend of ['wasm', 'webgpu', 'tensorflow'])
    expect(() => resolveComputeDtype('int8', backend)).toThrow(
      expect.objectContaining({
        code: 'refused',
        message: expect.stringMatching(
          /^compute_dtype is int8, but the compute backend .+ has no products of 8-bit integers\.$/u,
        ),
        hint: expect.stringContaining('native'),
      }),
    );
  const { int8 } = nativeBackend;
  Object.assign(nativeBackend, { int8: { isAvailable: () => false } });
  try {
    expect(() => resolveComputeDtype('int8', 'native')).toThrow(/no exact products of 8-bit integers \(VNNI or AMX\)/u);
    expect(resolveComputeDtype('auto', 'native', 'int8')).toBe('float32');
  } finally {
    Object.assign(nativeBackend, { int8 });
  }
});

function frozen(values: ArrayLike<number>, outputs: number, inputs: number): FrozenWeight {
  return new FrozenWeight(tf.tensor2d(Float32Array.from(values), [outputs, inputs]), null, false, {
    allowInt8: (weight) => nativeBackend.storage?.allowInt8?.(weight),
  });
}

interface Rounded {
  readonly integers: Int32Array;
  readonly scales: Float32Array;
  readonly width: number;
}

/** Rows, rotated like those of the kernel, as 8-bit integers, each with its scale. */
function quantized(values: ArrayLike<number>, rows: number, width: number): Rounded {
  const segments = segmentsOf(width);
  const integers = new Int32Array(rows * width);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const rotated = rotate(
      Float32Array.from({ length: width }, (_, i) => get(values, row * width + i)),
      segments,
    );
    const largest = rotated.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const inverse = Math.fround(127 / largest);
    scales[row] = largest * Math.fround(1 / Math.fround(127 * Math.fround(Math.sqrt(segments))));
    for (let i = 0; i < width; i++) integers[row * width + i] = toNearest(Math.fround(get(rotated, i) * inverse));
  }
  return { integers, scales, width };
}

/** Segments of at least 16 numbers that the Hadamard matrix mixes: a power of two, up to 64. */
function segmentsOf(width: number): number {
  let segments = 1;
  while (segments < 64 && width % (2 * segments) === 0 && width / (2 * segments) >= 16) segments *= 2;
  return segments;
}

/** The row by the Hadamard matrix of Sylvester over its segments, without its factor, largest distance first. */
function rotate(row: Float32Array, segments: number): Float32Array {
  for (let half = row.length / 2; segments > 1 && half >= row.length / segments; half /= 2)
    for (let at = 0; at < row.length; at++) {
      if (Math.floor(at / half) % 2 === 1) continue;
      const [a, b] = [get(row, at), get(row, at + half)];
      row[at] = a + b;
      row[at + half] = a - b;
    }
  return row;
}

/** Ties to even. */
function toNearest(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest === 0.5 ? below + (below & 1) : Math.round(value);
}

/** Expects a · bᵀ with exact sums of integers, times both scales within three roundings to float32. */
function expectProduct(actual: ArrayLike<number>, a: Rounded, b: Rounded): void {
  let worst = 0;
  for (let row = 0; row < a.scales.length; row++)
    for (let column = 0; column < b.scales.length; column++) {
      let sum = 0;
      for (let i = 0; i < a.width; i++)
        sum += get(a.integers, row * a.width + i) * get(b.integers, column * a.width + i);
      const expected = sum * get(a.scales, row) * get(b.scales, column);
      const difference = Math.abs(get(actual, row * b.scales.length + column) - expected);
      worst = Math.max(worst, difference / Math.max(Math.abs(expected), 1e-30));
    }
  expect(worst).toBeLessThan(4 * 2 ** -24);
}

function turned(values: ArrayLike<number>, rows: number, columns: number): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, at) =>
    get(values, (at % rows) * columns + Math.floor(at / rows)),
  );
}
