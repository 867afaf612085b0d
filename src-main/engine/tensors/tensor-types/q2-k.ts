import { byteAt, halfAt, halves } from './half.ts';
import type { TensorType } from './tensor-type.ts';

/**
 * 256 values of 2 bits in 16 groups of 16, each with a scale and a lowest value of 4 bits: 16 bytes of those (scale in the low
 * half), 64 bytes of values, then the halves that scales and lowest values are multiplied by.
 */
export const q2K: TensorType = {
  id: 10,
  name: 'Q2_K',
  blockValues: 256,
  blockBytes: 84,
  dequantize(blocks, values) {
    const table = halves();
    for (let block = 0; block * 84 < blocks.length; block++) {
      const start = block * 84;
      const scale = halfAt(table, blocks, start + 80);
      const lowest = halfAt(table, blocks, start + 82);
      for (let group = 0; group < 16; group++) {
        const both = byteAt(blocks, start + group);
        const groupScale = Math.fround(scale * (both & 15));
        const groupLowest = Math.fround(lowest * (both >> 4));
        // Each half of 128 values lies in 32 bytes: four layers of two bits, two groups a layer.
        const from = start + 16 + (group >> 3) * 32 + (group & 1) * 16;
        const shift = ((group >> 1) & 3) * 2;
        for (let index = 0; index < 16; index++)
          values[block * 256 + group * 16 + index] =
            Math.fround(groupScale * ((byteAt(blocks, from + index) >> shift) & 3)) - groupLowest;
      }
    }
  },
};
