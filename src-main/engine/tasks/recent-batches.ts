import type { LoadBatch } from '../evaluation/evaluation.ts';
import type { MicroBatch } from '../training/micro-batch.ts';

/** Batches that are kept: an evaluation of many masks takes the same few over and over. */
const keptBatches = 8;

/** A loader that keeps its last batches, for evaluations that repeat them. */
export function recentBatches(load: LoadBatch): LoadBatch {
  const kept = new Map<string, MicroBatch>();
  return async (indices) => {
    const key = indices.join();
    const batch = kept.get(key) ?? (await load(indices));
    kept.delete(key);
    kept.set(key, batch);
    for (const oldest of [...kept.keys()].slice(0, -keptBatches)) kept.delete(oldest);
    return batch;
  };
}
