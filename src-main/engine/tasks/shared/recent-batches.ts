import type { BatchInputs } from '../../losses/batch-inputs.ts';
import type { BatchLoss, MicroBatch } from '../../losses/batch-loss.ts';
import type { LoadBatch } from './head-outputs.ts';

/** Batches that are kept: an evaluation of many masks takes the same few over and over. */
const keptBatches = 8;
/** Bytes of their inputs, beside the last batch: images are large, and most evaluations never repeat one. */
const keptBytes = 64 * 2 ** 20;

/** A loader that keeps its last batches, for evaluations that repeat them. */
export function recentBatches<Loss extends BatchLoss>(load: LoadBatch<Loss>): LoadBatch<Loss> {
  const kept = new Map<string, MicroBatch<Loss>>();
  return async (indices) => {
    const key = indices.join();
    const batch = kept.get(key) ?? (await load(indices));
    kept.delete(key);
    kept.set(key, batch);
    let bytes = 0;
    for (const [place, [older, { inputs }]] of [...kept].reverse().entries()) {
      if (place > 0) bytes += bytesOf(inputs);
      if (place >= keptBatches || bytes > keptBytes) kept.delete(older);
    }
    return batch;
  };
}

function bytesOf(inputs: BatchInputs): number {
  return Object.values(inputs).reduce((bytes, { data }) => bytes + data.byteLength, 0);
}
