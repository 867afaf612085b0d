import { RandomStream } from '../../../../src-shared/random.ts';

/** Maximum tokens per evaluation batch, which bounds the memory of their states whatever the batch size. */
export const tokensAtOnce = 16_384;

/** A fixed order in which every prefix of a split is a fair sample, however its file is sorted. */
export function testOrder(count: number): Int32Array {
  return Int32Array.from(RandomStream.seeded(0, 'subset').shuffle(Array.from({ length: count }, (_, index) => index)));
}

/** Examples in the order in which they are run. */
export interface LengthOrder {
  readonly sorted: Int32Array;
  /** Position in the given indices of each sorted one. */
  readonly positions: Int32Array;
  readonly batchSize: number;
}

/** Sorted by length, longest first, so that batches have little padding; and the number of texts that fit. */
export function byLength(indices: Int32Array, lengthOf: (index: number) => number, batchSize: number): LengthOrder {
  const lengths = Int32Array.from(indices, lengthOf);
  const positions = Int32Array.from(indices.keys()).sort(
    (one, other) => (lengths[other] ?? 0) - (lengths[one] ?? 0) || (indices[one] ?? 0) - (indices[other] ?? 0),
  );
  const sorted = positions.map((position) => indices[position] ?? 0);
  const longest = Math.max(1, lengths[positions[0] ?? 0] ?? 1);
  return { sorted, positions, batchSize: Math.max(1, Math.min(batchSize, Math.floor(tokensAtOnce / longest))) };
}

/** Rows of `width` values of the sorted examples, back in the order of the given indices. */
export function inGivenOrder<Values extends Float32Array | Float64Array | Int32Array | Uint32Array>(
  values: Values,
  { positions }: Pick<LengthOrder, 'positions'>,
  width = 1,
): Values {
  const restored = values.slice() as Values;
  for (const [row, position] of positions.entries())
    restored.set(values.subarray(row * width, (row + 1) * width), position * width);
  return restored;
}
