import * as tf from '@tensorflow/tfjs-core';
import type { ComputeBackend } from '../engine/api/backends.ts';
import { FrozenWeight, frozenLinear } from '../engine/ops/index.ts';
import type { GemmRate } from './protocol.ts';
import { RandomTensors } from './random-tensors.ts';

/** The frozen products of the encoder and the decoder: rows, inFeatures, outFeatures. */
const sizes: readonly (readonly [number, number, number])[] = [
  [2048, 256, 256],
  [2048, 256, 1024],
  [2048, 1024, 256],
  [2048, 512, 512],
  [2048, 512, 1536],
  [2048, 1536, 512],
];

/** Best rate of x·W in the engine, and of the backend's library alone; takes about `seconds` in total. */
export async function measureGemmRates(
  backend: ComputeBackend,
  bfloat16: boolean,
  seconds: number,
): Promise<GemmRate[]> {
  const made = new RandomTensors(2);
  const rates: GemmRate[] = [];
  for (const [rows, inFeatures, outFeatures] of sizes) {
    const x = tf.tensor2d(made.uniform([rows, inFeatures], 1).data as Float32Array, [rows, inFeatures]);
    const weight = new FrozenWeight(made.uniform([outFeatures, inFeatures], 0.05), null, bfloat16);
    let best = Number.POSITIVE_INFINITY;
    const until = performance.now() + (1000 * seconds) / sizes.length;
    // The first call packs the weight. Reading one value waits for asynchronous backends.
    for (let round = 0; round < 2 || performance.now() < until; round++) {
      const started = performance.now();
      const y = frozenLinear(x, weight);
      const corner = tf.slice(y, [0, 0], [1, 1]);
      await corner.data();
      best = Math.min(best, performance.now() - started);
      tf.dispose([y, corner]);
    }
    x.dispose();
    weight.dispose();
    rates.push({
      rows,
      inFeatures,
      outFeatures,
      gflops: (2 * rows * inFeatures * outFeatures) / best / 1e6,
      libraryGflops: backend.measureLibraryGemm?.({ rows, inFeatures, outFeatures, bfloat16 }) ?? null,
    });
  }
  return rates;
}
