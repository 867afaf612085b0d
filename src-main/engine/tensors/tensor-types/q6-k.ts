import { byteAt, halfAt, halves } from './half.ts';
import type { TensorType } from './tensor-type.ts';

/**
 * 256 values of 6 bits around 32 in 16 groups of 16, each with a signed byte as scale: 128 bytes of low bits, 64 bytes of high
 * bits, 16 scales, then the half that scales are multiplied by.
 */
export const q6K: TensorType = {
  id: 14,
  name: 'Q6_K',
  blockValues: 256,
  blockBytes: 210,
  dequantize(blocks, values) {
    const table = halves();
    for (let block = 0; block * 210 < blocks.length; block++) {
      const start = block * 210;
      const scale = halfAt(table, blocks, start + 208);
      for (let group = 0; group < 16; group++) {
        const groupScale = Math.fround(scale * ((byteAt(blocks, start + 192 + group) << 24) >> 24));
        // Each half of 128 values has four quarters of 32: the first two in the low halves of 64 bytes, then the high ones.
        const quarter = (group >> 1) & 3;
        const within = (group & 1) * 16;
        const low = start + (group >> 3) * 64 + (quarter & 1) * 32 + within;
        const high = start + 128 + (group >> 3) * 32 + within;
        const lowShift = (quarter >> 1) * 4;
        for (let index = 0; index < 16; index++) {
          const lowBits = (byteAt(blocks, low + index) >> lowShift) & 15;
          const highBits = (byteAt(blocks, high + index) >> (quarter * 2)) & 3;
          values[block * 256 + group * 16 + index] = groupScale * ((lowBits | (highBits << 4)) - 32);
        }
      }
    }
  },
};
