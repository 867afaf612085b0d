import { byteAt, halfAt, halves } from './half.ts';
import { lowestOf, scaleOf } from './q4-k.ts';
import type { TensorType } from './tensor-type.ts';

/**
 * Q4_K with a fifth bit: the two halves, 12 bytes of scales and lowest values, 32 bytes of fifth bits, 128 bytes of low
 * bits.
 */
export const q5K: TensorType = {
  id: 13,
  name: 'Q5_K',
  blockValues: 256,
  blockBytes: 176,
  dequantize(blocks, values) {
    const table = halves();
    for (let block = 0; block * 176 < blocks.length; block++) {
      const start = block * 176;
      const scale = halfAt(table, blocks, start);
      const lowest = halfAt(table, blocks, start + 2);
      for (let group = 0; group < 8; group++) {
        const groupScale = Math.fround(scale * scaleOf(blocks, start + 4, group));
        const groupLowest = Math.fround(lowest * lowestOf(blocks, start + 4, group));
        const from = start + 48 + (group >> 1) * 32;
        const shift = (group & 1) * 4;
        for (let index = 0; index < 32; index++) {
          const low = (byteAt(blocks, from + index) >> shift) & 15;
          const fifth = (byteAt(blocks, start + 16 + index) >> group) & 1;
          values[block * 256 + group * 32 + index] = Math.fround(groupScale * (low | (fifth << 4))) - groupLowest;
        }
      }
    }
  },
};
