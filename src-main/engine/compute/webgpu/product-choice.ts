import type * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../../../src-shared/random.ts';
import { encodeFloats } from '../../tensors/encode-floats.ts';
import { gpuMatmul } from './kernels/matmul.ts';
import type { SubgroupMatrices } from './kernels/subgroup-matrices.ts';
import type { ProductPath } from './product-paths.ts';
import type { ProgramRunner } from './program-runner.ts';
import { storeMatrix } from './store-matrix.ts';

/** Features of a device that affect products. */
export interface ProductFeatures {
  readonly hasFloat16: boolean;
  readonly matrices: readonly SubgroupMatrices[];
  /** Rows, columns and inner size of the products that are timed: software takes seconds for what a card does in a millisecond. */
  readonly size: number;
}

/** Takes one way of computing products without timing: for tests, and to compare them on a card. */
const namedVariable = 'COTO_WEBGPU_PRODUCTS';

/** By so much another way must be faster than one that rounds less or asks less of the driver. */
const worthwhile = 1.1;
const rounds = 4;
/** Products of a round: enough to fill a card's queue. */
const repetitions = 8;
/** Relative difference from the sums of plain tiles: what is further off is wrong, not rounded. */
const tolerances = { exact: 1e-4, rounded: 5e-3 };

interface Candidate {
  readonly path: ProductPath;
  milliseconds: number;
}

/** Chooses how products are computed whose operands stay float32, once a device. */
export async function chooseExact(gpu: ProgramRunner, { matrices, size }: ProductFeatures): Promise<void> {
  const { products } = gpu;
  const others = matrices.filter(({ component }) => component === 'f32').map(matrixPath);
  products.exact = await fastest(gpu, [products.exact, ...others], size);
  products.rounded = products.exact;
}

/** Chooses how those are computed that may round their operands to float16, once a device. */
export async function chooseRounded(gpu: ProgramRunner, features: ProductFeatures): Promise<void> {
  const { products } = gpu;
  const tiles: ProductPath = { id: 'float16', label: 'tiles of float16', isRounded: true, matrices: null };
  const halves = features.matrices.filter(({ component }) => component === 'f16').map(matrixPath);
  const others = features.hasFloat16 ? [tiles, ...halves] : [];
  products.rounded = await fastest(gpu, [products.exact, ...others], features.size);
}

function matrixPath(matrices: SubgroupMatrices): ProductPath {
  const { component, m, n, k } = matrices;
  const type = component === 'f16' ? 'float16' : 'float32';
  const label = `subgroup matrices of ${type}, ${m} × ${n} × ${k}`;
  return { id: 'subgroup-matrices', label, isRounded: component === 'f16', matrices };
}

/** The fastest of those that the device takes and computes rightly; the first, plainest one where they are as fast. */
async function fastest(gpu: ProgramRunner, paths: readonly ProductPath[], size: number): Promise<ProductPath> {
  const [plainest, ...others] = paths;
  if (plainest === undefined) throw new Error('there is no way to compute a product');
  if (others.length === 0) return plainest;
  const random = RandomStream.seeded(23, 'study');
  const values = Float32Array.from({ length: size * size }, () => random.uniform() - 0.5);
  const bytes = encodeFloats('F16', values);
  const pieces = () => [bytes];
  const stored = { shape: [size, size] as const, encoding: 'float16' as const, byteLength: bytes.length, pieces };
  const { matrix } = await storeMatrix(gpu, stored);
  // Any values do for the left operand, and the decoded ones are on the device.
  const left = gpu.decoded(matrix);
  if (left === null) throw new Error('a stored matrix is encoded');
  try {
    const candidates = await usable(gpu, [plainest, ...others], left, matrix);
    const named = candidates.find(({ path }) => path.id === process.env[namedVariable]);
    if (named !== undefined) return named.path;
    for (let round = 0; round < rounds; round++)
      for (const candidate of candidates)
        candidate.milliseconds = Math.min(candidate.milliseconds, await time(gpu, candidate.path, left, matrix));
    return best(candidates) ?? plainest;
  } finally {
    gpu.release(left);
    matrix.dispose();
  }
}

/** The first of `candidates` that none after it is worth taking for. */
export function best<Timed extends { readonly path: ProductPath; readonly milliseconds: number }>(
  candidates: readonly Timed[],
): ProductPath | null {
  let [chosen] = candidates;
  for (const candidate of candidates)
    if (chosen !== undefined && candidate.milliseconds * worthwhile < chosen.milliseconds) chosen = candidate;
  return chosen?.path ?? null;
}

/** Without those that the device refuses, or whose sums are not those of the first one. */
async function usable(
  gpu: ProgramRunner,
  paths: readonly ProductPath[],
  left: tf.TensorInfo,
  right: tf.TensorInfo,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  let expected: readonly Float32Array[] | null = null;
  for (const path of paths) {
    const results: tf.TensorInfo[] = [];
    const error = await gpu.tryOut(() => {
      for (const transposeB of [true, false]) results.push(gpuMatmul(gpu, { a: left, b: right, transposeB, path }));
    });
    if (error === null) {
      const sums = await Promise.all(results.map((result) => gpu.read(result)));
      expected ??= sums;
      const tolerance = path.isRounded ? tolerances.rounded : tolerances.exact;
      if (sums.every((values, index) => isClose(values, expected?.[index] ?? values, tolerance)))
        candidates.push({ path, milliseconds: Number.POSITIVE_INFINITY });
    }
    gpu.release(...results);
  }
  return candidates;
}

function isClose(actual: Float32Array, expected: Float32Array, tolerance: number): boolean {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return actual.every((value, index) => Math.abs(value - (expected[index] ?? Number.NaN)) <= tolerance * largest);
}

/** Times forward and backward products. */
async function time(gpu: ProgramRunner, path: ProductPath, left: tf.TensorInfo, right: tf.TensorInfo): Promise<number> {
  await gpu.finished();
  const started = performance.now();
  for (let repetition = 0; repetition < repetitions; repetition++)
    for (const transposeB of [true, false]) gpu.release(gpuMatmul(gpu, { a: left, b: right, transposeB, path }));
  await gpu.finished();
  return performance.now() - started;
}
