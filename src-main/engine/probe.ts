import * as tf from '@tensorflow/tfjs-core';
import type { ComputeBackendReport, ComputeId } from '../../src-shared/domain/app/catalog.ts';
import type { ComputeBackend } from './compute/compute-backend.ts';
import { activateCompute, computeBackends, reportOn } from './compute/index.ts';
import { matmul } from './ops/linear/matmul.ts';

/** Rows, columns and inner size of the timed product: a small one does not fill a GPU. */
const sizes = { gpu: 2048, cpu: 512, software: 512 };
/** Enough to fill the queue of a fast device; slow ones are limited by time. */
const repetitions = 16;
const longestMilliseconds = 3000;

type Rates = Pick<ComputeBackendReport, 'gemmGflops' | 'gemmBfloat16Gflops'>;

/**
 * Activates a backend and reports on it with its matmul rates. Called only in an engine that does nothing else.
 */
export async function measuredReport(id: ComputeId): Promise<ComputeBackendReport | null> {
  const report = await reportOn(id);
  const backend = computeBackends.find((candidate) => candidate.id === id);
  if (report === null || backend === undefined || !report.available) return report;
  await activateCompute(id);
  return { ...report, ...(await measureGemm(backend, report.kind)) };
}

/**
 * The best rate of the active backend in products of one size with a frozen weight, in GFLOPS; bfloat16 null if unsupported.
 */
async function measureGemm(backend: ComputeBackend, kind: ComputeBackendReport['kind']): Promise<Rates> {
  const size = sizes[kind ?? 'cpu'];
  return {
    gemmGflops: await rate(size, false),
    gemmBfloat16Gflops: backend.bfloat16?.isAvailable() === true ? await rate(size, true) : null,
  };
}

/** Several products run before one number is read back, so that latency does not count. */
async function rate(size: number, bfloat16: boolean): Promise<number> {
  const [a, b] = [tf.randomNormal([size, size]), tf.randomNormal([size, size])];
  const milliseconds = async (count: number): Promise<number> => {
    const start = performance.now();
    for (let round = 0; round < count; round++) {
      const c = matmul(a, b, { frozen: true, bfloat16 });
      if (round === count - 1) await c.data();
      c.dispose();
    }
    return (performance.now() - start) / count;
  };
  try {
    let best = Number.POSITIVE_INFINITY;
    const end = performance.now() + longestMilliseconds;
    // The first one compiles programs and packs operands.
    const first = await milliseconds(1);
    const count = Math.max(1, Math.min(repetitions, Math.floor(longestMilliseconds / 5 / first)));
    for (let round = 0; round < 5 && performance.now() < end; round++) best = Math.min(best, await milliseconds(count));
    return (2 * size ** 3) / Math.min(best, first) / 1e6;
  } finally {
    tf.dispose([a, b]);
  }
}
