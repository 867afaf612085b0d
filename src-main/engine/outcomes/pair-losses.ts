import { type EvaluationSteps, refuseCancelled } from '../evaluation/evaluation.ts';
import type { VectorPairs } from '../evaluation/task-outputs.ts';

/** Examples of a batch whose loss is computed together: the default of per_device_train_batch_size. */
const batchSize = 32;
/** Batches between two looks at whether the evaluation goes on. */
const batchesAtOnce = 32;

/**
 * The loss of each example, in batches of 32 in the given order: an anchor is compared with the candidates of its batch, and a loss of
 * a whole batch is that of each of its examples.
 * @throws StudioError cancelled
 */
export async function pairLosses(
  { anchors, others, negatives, targets, loss, settings }: VectorPairs,
  cosines: Float64Array,
  similarity: (one: number, other: number) => number,
  steps: EvaluationSteps,
): Promise<Float64Array> {
  const losses = new Float64Array(anchors.length);
  for (let start = 0; start < anchors.length; start += batchSize) {
    if (start % (batchesAtOnce * batchSize) === 0) await refuseCancelled(steps);
    const end = Math.min(start + batchSize, anchors.length);
    if (!loss.ranks) {
      losses.set(loss.losses(cosines.subarray(start, end), targets.subarray(start, end), settings), start);
      continue;
    }
    const candidates = [...others.subarray(start, end), ...negatives.slice(start, end).flat()];
    for (let example = start; example < end; example++) {
      const own = Float64Array.from(candidates, (row) => similarity(anchors[example] ?? 0, row));
      losses[example] = loss.lossOf(own, example - start, settings);
    }
  }
  return losses;
}
