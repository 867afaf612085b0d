/** Of a float's 31 bits without the sign, the upper ones tell the bin; magnitudes and these bits have the same order. */
const lowBits = 15;
const binCount = 2 ** (31 - lowBits);

/**
 * Zeroes all but the `count` entries of largest magnitude, in place; of equal ones the earlier stay. Two counts over the bits
 * of the values find the threshold, so that it takes a time that grows with the number of values only.
 */
export function keepLargestMagnitudes(values: Float32Array, count: number): void {
  if (count >= values.length) return;
  if (count <= 0) {
    values.fill(0);
    return;
  }
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const high = new Uint32Array(binCount);
  for (let at = 0; at < bits.length; at++) count1(high, ((bits[at] ?? 0) & 0x7fffffff) >>> lowBits);
  const bin = fromTop(high, count);
  const low = new Uint32Array(2 ** lowBits);
  for (let at = 0; at < bits.length; at++) {
    const magnitude = (bits[at] ?? 0) & 0x7fffffff;
    if (magnitude >>> lowBits === bin.index) count1(low, magnitude & (2 ** lowBits - 1));
  }
  const value = fromTop(low, bin.left);
  const threshold = bin.index * 2 ** lowBits + value.index;
  let equal = value.left;
  for (let at = 0; at < bits.length; at++) {
    const magnitude = (bits[at] ?? 0) & 0x7fffffff;
    if (magnitude > threshold || (magnitude === threshold && equal-- > 0)) continue;
    values[at] = 0;
  }
}

/** The bin that holds the `count`th value from the top, and the how-manieth of that bin it is. */
function fromTop(bins: Uint32Array, count: number): { readonly index: number; readonly left: number } {
  let left = count;
  for (let index = bins.length - 1; index >= 0; index--) {
    const here = bins[index] ?? 0;
    if (here >= left) return { index, left };
    left -= here;
  }
  return { index: 0, left };
}

function count1(bins: Uint32Array, index: number): void {
  bins[index] = (bins[index] ?? 0) + 1;
}
