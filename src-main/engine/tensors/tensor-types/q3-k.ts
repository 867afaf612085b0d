import { byteAt, halfAt, halves } from './half.ts';
import type { TensorType } from './tensor-type.ts';

/**
 * 256 values of 3 bits in 16 groups of 16, each with a scale of 6 bits around 32: 32 bytes of third bits, 64 bytes of low bits
 * as in Q2_K, 12 bytes of scales, then the half that scales are multiplied by.
 */
export const q3K: TensorType = {
  id: 11,
  name: 'Q3_K',
  blockValues: 256,
  blockBytes: 110,
  dequantize(blocks, values) {
    const table = halves();
    for (let block = 0; block * 110 < blocks.length; block++) {
      const start = block * 110;
      const scale = halfAt(table, blocks, start + 108);
      for (let group = 0; group < 16; group++) {
        const groupScale = Math.fround(scale * (packedScale(blocks, start + 96, group) - 32));
        const within = (group & 1) * 16;
        const from = start + 32 + (group >> 3) * 32 + within;
        const shift = ((group >> 1) & 3) * 2;
        const thirdBit = 1 << (group >> 1);
        for (let index = 0; index < 16; index++) {
          const low = (byteAt(blocks, from + index) >> shift) & 3;
          const third = byteAt(blocks, start + within + index) & thirdBit;
          values[block * 256 + group * 16 + index] = groupScale * (low - (third === 0 ? 4 : 0));
        }
      }
    }
  },
};

/** Scale 0 to 15 out of 12 bytes: four low bits in the first eight bytes, two high bits in the last four. */
function packedScale(bytes: Uint8Array, at: number, group: number): number {
  const low = group < 8 ? byteAt(bytes, at + group) & 15 : byteAt(bytes, at + group - 8) >> 4;
  const high = (byteAt(bytes, at + 8 + (group & 3)) >> (2 * (group >> 2))) & 3;
  return low | (high << 4);
}
