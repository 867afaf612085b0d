import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { findAdapter } from '../../../src-main/engine/compute/webgpu/device.ts';
import { webgpuBackend } from '../../../src-main/engine/compute/webgpu/index.ts';
import { type GpuMatmul, plannedMatmul } from '../../../src-main/engine/compute/webgpu/kernels/matmul.ts';
import {
  type SubgroupMatrices,
  subgroupMatricesOf,
  subgroupMatrixFeature,
} from '../../../src-main/engine/compute/webgpu/kernels/subgroup-matrices.ts';
import { best } from '../../../src-main/engine/compute/webgpu/product-choice.ts';
import { type ProductPath, plainPath } from '../../../src-main/engine/compute/webgpu/product-paths.ts';
import { sourceOf } from '../../../src-main/engine/compute/webgpu/program.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { relativeDifference } from '../golden.ts';
import { emulated, emulatedSubgroup, foreignWords } from './emulated-matrices.ts';
import { programsOf } from './gpu-programs.ts';
import { randomMatrix, storedOn } from './random-matrices.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('webgpu');

const subgroup = emulatedSubgroup;
/** Forms reported by the drivers of NVIDIA, Intel and AMD, and of Apple. */
const configs: readonly SubgroupMatrices[] = [
  { component: 'f16', m: 16, n: 16, k: 16, subgroup },
  { component: 'f16', m: 8, n: 16, k: 16, subgroup },
  { component: 'f16', m: 16, n: 8, k: 8, subgroup },
  { component: 'f32', m: 8, n: 8, k: 8, subgroup },
];
const pathOf = (matrices: SubgroupMatrices): ProductPath => ({
  id: 'subgroup-matrices',
  label: 'subgroup matrices',
  isRounded: matrices.component === 'f16',
  matrices,
});

/** Rows, columns and inner sizes that end within a tile, and within a four; of the second product. */
interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly rank: number;
}
const shapes: readonly Shape[] = [
  { rows: 70, columns: 100, inner: 44, rank: 8 },
  { rows: 33, columns: 67, inner: 65, rank: 5 },
];

const random = RandomStream.seeded(31, 'study');
const values = (count: number, spread = 1) =>
  Float32Array.from({ length: count }, () => spread * (2 * random.uniform() - 1));

/** Software that imitates a card takes seconds of a processor for each program that it has not met before. */
const compileMilliseconds = 900_000;

it('are read of an adapter: those with float32 sums that blocks are made of', () => {
  const config = (componentType: string, resultComponentType: string, sizes: readonly [number, number, number]) => ({
    componentType,
    resultComponentType,
    M: sizes[0],
    N: sizes[1],
    K: sizes[2],
  });
  const subgroupMatrixConfigs = [
    config('f16', 'f32', [16, 16, 16]),
    config('f16', 'f16', [16, 16, 16]),
    config('i8', 'i32', [16, 16, 32]),
    config('f32', 'f32', [8, 8, 8]),
    config('f16', 'f32', [12, 16, 16]),
  ];
  const info = Object.assign(Object.create({ subgroupMatrixConfigs }), { subgroupMaxSize: 64 });
  expect(subgroupMatricesOf(info)).toEqual([
    { component: 'f16', m: 16, n: 16, k: 16, subgroup: 64 },
    { component: 'f32', m: 8, n: 8, k: 8, subgroup: 64 },
  ]);
  expect(subgroupMatricesOf({ subgroupMaxSize: 32 })).toEqual([]);
});

it('are taken where they were timed to be worth it, and the plainer way else', () => {
  const [matrices] = configs.map(pathOf);
  if (matrices === undefined) throw new Error('there is a configuration');
  const timed = (...milliseconds: readonly number[]) =>
    best([plainPath, matrices].map((path, index) => ({ path, milliseconds: milliseconds[index] ?? 0 })));
  expect(timed(10, 5)).toBe(matrices);
  expect(timed(10, 9.5)).toBe(plainPath);
  expect(timed(10, 20)).toBe(plainPath);
});

describe.skipIf(report?.available !== true)('a product by subgroup matrices', () => {
  beforeAll(async () => {
    await activateCompute('webgpu');
    tf.env().set('WEBGPU_CPU_FORWARD', false);
  });

  it('is taken of what the adapter says of itself: of one without any, never', async () => {
    const found = await findAdapter();
    if (typeof found === 'string') throw new Error(found);
    const has = new Set<string>(found.adapter.features).has(subgroupMatrixFeature);
    const { products } = programsOf(tf.backend());
    if (!has) expect(subgroupMatricesOf(found.adapter.info)).toEqual([]);
    if (!has) expect(products.exact).toBe(plainPath);
  });

  // The shapes of most cards. Each is a program of its own, which takes software seconds to make.
  it.each([
    [0, 0, true],
    [0, 1, false],
  ] as const)(
    'gives its sums in its own schedule, emulated: configuration %s, shape %s, a transposed right operand: %s',
    async (configAt, shapeAt, transposeB) => {
      const [config, shape] = [configs[configAt], shapes[shapeAt]];
      if (config === undefined || shape === undefined) throw new Error('there are so many');
      const { given, expected, tensors } = await drawn(shape, transposeB);
      const before = tf.memory().numTensors;
      const difference = await run(given, expected, config);
      expect(difference).toBeLessThan(config.component === 'f16' ? 2e-3 : 2e-6);
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose(tensors);
    },
    compileMilliseconds,
  );

  it('is one program for results of any size', () => {
    const [config] = configs;
    if (config === undefined) throw new Error('there are some');
    const runner = programsOf(tf.backend());
    const programs = [
      [40, 80],
      [80, 40],
      [80, 80],
    ].map(([rows = 0, columns = 0]) => {
      const [a, b] = [tf.zeros([rows, 44]), tf.zeros([columns, 44])];
      const { work, y } = plannedMatmul(runner, { a, b, transposeB: true, path: pathOf(config) });
      runner.release(y);
      tf.dispose([a, b]);
      return work.program;
    });
    expect(new Set(programs).size).toBe(1);
  });

  it(
    'decodes a stored matrix on its way',
    async () => {
      const [config] = configs;
      if (config === undefined) throw new Error('there are some');
      const stored = randomMatrix('q4_0', 96, 64);
      const { matrix } = await storedOn(webgpuBackend, stored);
      const x = values(40 * 64);
      const a = tf.tensor2d(x, [40, 64]);
      const expected = product(x, stored.values, { rows: 40, columns: 96, inner: 64 }, true);
      expect(await run({ a, b: matrix, transposeB: true }, expected, config)).toBeLessThan(2e-3);
      tf.dispose([a, matrix]);
    },
    compileMilliseconds,
  );
});

/** Checks programs by Tint's messages for known languages: Dawn's null backend has every feature. */
describe('the programs of subgroup matrices', () => {
  it.skipIf(report?.available !== true)(
    'are valid to the compiler',
    async () => {
      const dawn = await import('webgpu');
      const gpu = dawn.create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
      const adapter = await gpu.requestAdapter();
      if (adapter === null) throw new Error('Dawn has a backend that computes nothing');
      const names = ['shader-f16', 'subgroups', subgroupMatrixFeature];
      const requiredFeatures = [...adapter.features].filter((name): name is GPUFeatureName => names.includes(name));
      expect(requiredFeatures).toHaveLength(names.length);
      const device = await adapter.requestDevice({ requiredFeatures });
      await activateCompute('webgpu');
      const runner = programsOf(tf.backend());
      for (const config of configs)
        for (const shape of shapes)
          for (const transposeB of [true, false]) {
            const { given, tensors } = await drawn(shape, transposeB);
            // Whole subgroups of its 128 invocations, in a workgroup of its 256; and without one of nine buffers.
            const whole = { ...config, subgroup: 64 };
            const {
              work,
              y,
              product: before,
            } = plannedMatmul(runner, {
              ...given,
              addend: undefined,
              path: pathOf(whole),
            });
            expect(foreignWords(work.program)).not.toEqual([]);
            device.pushErrorScope('validation');
            const module = device.createShaderModule({ code: sourceOf(work.program) });
            const { messages } = await module.getCompilationInfo();
            expect(messages.map(({ message }) => message)).toEqual([]);
            // More than 16 KiB of a workgroup's memory are not for this device.
            if (config.m === 8)
              device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
            expect((await device.popErrorScope())?.message).toBeUndefined();
            runner.release(y, ...(before === null ? [] : [before]));
            tf.dispose(tensors);
          }
      device.destroy();
    },
    compileMilliseconds,
  );
});

/** A product with all that can follow it, and what it gives in double precision. */
async function drawn(shape: Shape, transposeB: boolean) {
  const { rows, columns, inner, rank } = shape;
  const numbers = {
    a: values(rows * inner),
    b: values(columns * inner),
    a2: values(rows * rank),
    b2: values(rank * columns, 1e-2),
    bias: values(columns),
    addend: values(rows * columns),
    gain: values(columns),
  };
  const matrixOf = (data: Float32Array, first: number, second: number, isTransposed: boolean) =>
    tf.tensor2d(data, isTransposed ? [second, first] : [first, second]);
  const a = tf.tensor2d(numbers.a, [rows, inner]);
  const b = matrixOf(numbers.b, inner, columns, transposeB);
  const [a2, b2] = [tf.tensor2d(numbers.a2, [rows, rank]), matrixOf(numbers.b2, rank, columns, transposeB)];
  const addend = tf.tensor2d(numbers.addend, [rows, columns]);
  const [bias, gain] = [tf.tensor1d(numbers.bias), tf.tensor1d(numbers.gain)];
  const first = product(numbers.a, numbers.b, shape, transposeB);
  const second = product(numbers.a2, numbers.b2, { rows, columns, inner: rank }, transposeB);
  const expected = first.map((sum, at) => {
    const column = at % columns;
    const both = 0.5 * sum + 2 * (second[at] ?? 0);
    return both * (numbers.gain[column] ?? 0) + (numbers.bias[column] ?? 0) + (numbers.addend[at] ?? 0);
  });
  const given: GpuMatmul = {
    a,
    b,
    transposeB,
    scale: 0.5,
    second: { a: a2, b: b2, transposeB, scale: 2 },
    bias,
    addend,
    gain,
  };
  return { given, expected, tensors: [a, b, a2, b2, addend, bias, gain] };
}

async function run(given: GpuMatmul, expected: readonly number[], config: SubgroupMatrices): Promise<number> {
  const runner = programsOf(tf.backend());
  const { work, y, product: before } = plannedMatmul(runner, { ...given, path: pathOf(config) });
  const program = emulated(work.program, config);
  expect(foreignWords(program)).toEqual([]);
  runner.run(program, work.given);
  const found = await runner.read(y);
  runner.release(y, ...(before === null ? [] : [before]));
  return relativeDifference(found, expected);
}

function product(
  a: Float32Array,
  b: Float32Array,
  { rows, columns, inner }: Omit<Shape, 'rank'>,
  transposeB: boolean,
): number[] {
  return Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++)
      sum += (a[row * inner + k] ?? 0) * (b[transposeB ? column * inner + k : k * columns + column] ?? 0);
    return sum;
  });
}
