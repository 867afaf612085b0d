import type { LogitsProcessor } from './processor.ts';

/**
 * Fan et al. 2018, Hierarchical Neural Story Generation: only the k likeliest tokens, and those equal to the last of
 * them.
 */
export const topK: LogitsProcessor = {
  parameter: {
    name: 'top_k',
    label: 'Top k',
    type: 'integer',
    default: 50,
    minimum: 0,
    maximum: 1_000_000,
    step: 10,
    help: 'Samples from this number of the most likely tokens; 0 is off.',
  },
  greedyToo: false,
  isOff: (count) => count === 0,
  process(scores, count) {
    if (count >= scores.length) return;
    const least = kthLargest(scores, count);
    for (let token = 0; token < scores.length; token++)
      if ((scores[token] ?? 0) < least) scores[token] = Number.NEGATIVE_INFINITY;
  },
};

/** A min-heap of the k largest so far: one pass over the vocabulary. */
function kthLargest(values: Float32Array, count: number): number {
  const heap = values.slice(0, count).sort();
  for (let index = count; index < values.length; index++) {
    const value = values[index] ?? 0;
    if (value > (heap[0] ?? 0)) sink(heap, value);
  }
  return heap[0] ?? Number.NEGATIVE_INFINITY;
}

function sink(heap: Float32Array, value: number): void {
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const child = right < heap.length && (heap[right] ?? 0) < (heap[left] ?? 0) ? right : left;
    if ((heap[child] ?? 0) >= value) break;
    heap[place] = heap[child] ?? 0;
    place = child;
  }
  heap[place] = value;
}
