/** Batches of a mega-batch at most. */
const maxBatches = 50;

/**
 * Reorders a shuffled epoch so that neighbors have similar lengths, as Transformers' LengthGroupedSampler
 * (`get_length_grouped_indices`): mega-batches of up to 50 batches, at least four where there are enough examples, each sorted
 * by length, longest first; the longest of all comes first, so that memory runs out early or never.
 *
 * @param batchSize examples of an optimizer step
 */
export function groupedByLength(
  order: Int32Array,
  lengthOf: (example: number) => number,
  batchSize: number,
): Int32Array {
  const size = batchSize * Math.max(1, Math.min(maxBatches, Math.floor(order.length / (4 * batchSize))));
  const grouped = new Int32Array(order.length);
  let [first, longest] = [0, -1];
  for (let start = 0; start < order.length; start += size) {
    const megabatch = order.slice(start, start + size).sort((one, other) => lengthOf(other) - lengthOf(one));
    grouped.set(megabatch, start);
    const length = lengthOf(megabatch[0] ?? 0);
    if (length > longest) [first, longest] = [start, length];
  }
  const swapped = grouped[0] ?? 0;
  if (grouped.length > 0) {
    grouped[0] = grouped[first] ?? 0;
    grouped[first] = swapped;
  }
  return grouped;
}
