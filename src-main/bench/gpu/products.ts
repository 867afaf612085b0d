import * as tf from '@tensorflow/tfjs-core';
import { activeBackend } from '../../engine/api/backends.ts';
import { encodeFloats } from '../../engine/api/base-parts.ts';
import { matmul } from '../../engine/ops/linear/matmul.ts';
import { RandomTensors } from '../random-tensors.ts';
import type { CardLimits, EngineProduct } from './report.ts';

interface Product {
  readonly label: string;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

const wholeProducts: readonly Product[] = [
  { label: 'square', rows: 4096, inner: 4096, columns: 4096 },
  { label: 'SmolLM2 projection', rows: 2048, inner: 576, columns: 576 },
  { label: 'SmolLM2 mlp', rows: 2048, inner: 576, columns: 1536 },
  { label: '1.2B mlp', rows: 512, inner: 2048, columns: 8192 },
  { label: 'down to rank 16', rows: 2048, inner: 576, columns: 16 },
  { label: 'up from rank 16', rows: 2048, inner: 16, columns: 576 },
];
const reducedProducts: readonly Product[] = [
  { label: 'square', rows: 512, inner: 512, columns: 512 },
  { label: 'down to rank 16', rows: 512, inner: 256, columns: 16 },
  { label: 'up from rank 16', rows: 512, inner: 16, columns: 256 },
];

/** Milliseconds of products between two looks at the clock. */
const enough = 60;

/** The engine's products on the active backend, beside what the card allows. */
export async function measureProducts(
  quick: boolean,
  limits: CardLimits | null,
  isAlive: () => void,
): Promise<EngineProduct[]> {
  const made = new RandomTensors(2);
  const products: EngineProduct[] = [];
  for (const product of quick ? reducedProducts : wholeProducts) {
    const { rows, inner, columns } = product;
    const a = tf.tensor(made.uniform([rows, inner], 1).data as Float32Array, [rows, inner]);
    const b = tf.tensor(made.uniform([inner, columns], 0.05).data as Float32Array, [inner, columns]);
    try {
      const milliseconds = await best(() => matmul(a, b, { frozen: true }));
      const bytes = 4 * (rows * inner + inner * columns + rows * columns);
      products.push(measured(product, milliseconds, bytes, limits, 'float32'));
      isAlive();
    } finally {
      tf.dispose([a, b]);
    }
  }
  const [square] = quick ? reducedProducts : wholeProducts;
  const rounded = square === undefined ? null : await measureRounded(square, limits);
  isAlive();
  return rounded === null ? products : [...products, rounded];
}

/** The same product by a weight [columns, inner] of `compute_dtype: float16`, in the way that was timed to be fastest; null where there is none. */
async function measureRounded(product: Product, limits: CardLimits | null): Promise<EngineProduct | null> {
  const { label, rows, inner, columns } = product;
  const backend = activeBackend();
  const { storage } = backend ?? {};
  if (storage?.allowFloat16 === undefined) return null;
  const made = new RandomTensors(3);
  const a = tf.tensor(made.uniform([rows, inner], 1).data as Float32Array, [rows, inner]);
  const bytes = encodeFloats('F16', made.uniform([columns, inner], 0.05).data as Float32Array);
  const { matrix } = await storage.store({
    shape: [columns, inner],
    encoding: 'float16',
    byteLength: bytes.length,
    pieces: () => [bytes],
  });
  try {
    await storage.allowFloat16(matrix);
    const milliseconds = await best(() => matmul(a, matrix, { transposeB: true, frozen: true }));
    const moved = 4 * rows * (inner + columns) + bytes.length;
    const way = backend?.float16Products?.() ?? 'float16';
    const named = { ...product, label: `${label}, compute_dtype float16 (${way})` };
    return measured(named, milliseconds, moved, limits, 'float16');
  } finally {
    tf.dispose([a, matrix]);
  }
}

type Precision = 'float32' | 'float16';

/** Converts a product's time and the bytes that it reads and writes to rates. */
function measured(
  product: Product,
  milliseconds: number,
  bytes: number,
  limits: CardLimits | null,
  precision: Precision,
): EngineProduct {
  const operations = 2 * product.rows * product.inner * product.columns;
  return {
    ...product,
    milliseconds,
    gflops: operations / milliseconds / 1e6,
    gigabytes: bytes / milliseconds / 1e6,
    shareOfLimit: limits === null ? null : shortest(operations, bytes, limits, precision) / milliseconds,
  };
}

/** Milliseconds that the card's tuned product, or its copying, would need at least. */
function shortest(
  operations: number,
  bytes: number,
  { product, copyGigabytes }: CardLimits,
  precision: Precision,
): number {
  const rate = (precision === 'float16' ? product.float16Gflops : null) ?? product.float32Gflops;
  return Math.max(operations / rate, bytes / copyGigabytes) / 1e6;
}

/** Best milliseconds of one product; the last of several is read, so that the queue's latency does not count. */
async function best(run: () => tf.Tensor): Promise<number> {
  const milliseconds = async (count: number): Promise<number> => {
    const started = performance.now();
    for (let round = 0; round < count; round++) {
      const y = run();
      if (round === count - 1) {
        const corner = tf.slice(y, [0, 0], [1, 1]);
        await corner.data();
        corner.dispose();
      }
      y.dispose();
    }
    return performance.now() - started;
  };
  // The first one compiles programs and packs operands.
  await milliseconds(1);
  let count = 1;
  let shortestSoFar = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    const taken = await milliseconds(count);
    shortestSoFar = Math.min(shortestSoFar, taken / count);
    if (taken < enough) count = Math.min(4 * count, Math.ceil((enough * 1.2) / Math.max(taken / count, 1e-3)));
    else if (round >= 3) break;
  }
  return shortestSoFar;
}
