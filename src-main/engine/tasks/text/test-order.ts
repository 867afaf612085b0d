import { RandomStream } from '../../../../src-shared/random.ts';

/** Maximum tokens per evaluation batch, which bounds the memory of their states whatever the batch size. */
const tokensAtOnce = 16_384;

/** A fixed order in which every prefix of a split is a fair sample, however its file is sorted. */
export function testOrder(count: number): Int32Array {
  return Int32Array.from(RandomStream.seeded(0, 'subset').shuffle(Array.from({ length: count }, (_, index) => index)));
}

/** Sorted by length, longest first, so that batches have little padding; and the number of texts that fit. */
export function byLength(
  indices: Int32Array,
  lengthOf: (index: number) => number,
  batchSize: number,
): { readonly sorted: Int32Array; readonly batchSize: number } {
  const sorted = Int32Array.from(indices).sort((one, other) => lengthOf(other) - lengthOf(one) || one - other);
  const longest = sorted.length === 0 ? 1 : Math.max(1, lengthOf(sorted[0] ?? 0));
  return { sorted, batchSize: Math.max(1, Math.min(batchSize, Math.floor(tokensAtOnce / longest))) };
}
