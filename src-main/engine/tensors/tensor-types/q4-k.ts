import { byteAt, halfAt, halves } from './half.ts';
import type { TensorType } from './tensor-type.ts';

/**
 * 256 values of 4 bits in 8 groups of 32, each with a scale and a lowest value of 6 bits: the halves that those are multiplied
 * by, 12 bytes of them, then 128 bytes of values; 32 bytes hold one group in the low and the next in the high halves.
 */
export const q4K: TensorType = {
  id: 12,
  name: 'Q4_K',
  blockValues: 256,
  blockBytes: 144,
  dequantize(blocks, values) {
    const table = halves();
    for (let block = 0; block * 144 < blocks.length; block++) {
      const start = block * 144;
      const scale = halfAt(table, blocks, start);
      const lowest = halfAt(table, blocks, start + 2);
      for (let group = 0; group < 8; group++) {
        const groupScale = Math.fround(scale * scaleOf(blocks, start + 4, group));
        const groupLowest = Math.fround(lowest * lowestOf(blocks, start + 4, group));
        const from = start + 16 + (group >> 1) * 32;
        const shift = (group & 1) * 4;
        for (let index = 0; index < 32; index++)
          values[block * 256 + group * 32 + index] =
            Math.fround(groupScale * ((byteAt(blocks, from + index) >> shift) & 15)) - groupLowest;
      }
    }
  },
};

/** Scale 0 to 7 out of the 12 bytes from `at` on. */
export function scaleOf(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return byteAt(bytes, at + group) & 63;
  return (byteAt(bytes, at + group + 4) & 15) | ((byteAt(bytes, at + group - 4) >> 6) << 4);
}

/** Lowest value 0 to 7 out of the same 12 bytes. */
export function lowestOf(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return byteAt(bytes, at + group + 4) & 63;
  return (byteAt(bytes, at + group + 4) >> 4) | ((byteAt(bytes, at + group) >> 6) << 4);
}
