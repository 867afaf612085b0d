import { byteAt, halfAt, halves, setHalf } from './half.ts';
import { rangeOf, truncated } from './rounding.ts';
import type { TensorType } from './tensor-type.ts';

/** 32 values of 4 bits times a half, plus a half: d, m, then 16 bytes as in Q4_0. */
export const q4One: TensorType = {
  id: 3,
  name: 'Q4_1',
  blockValues: 32,
  blockBytes: 20,
  dequantize(blocks, values) {
    const table = halves();
    for (let block = 0; block * 20 < blocks.length; block++) {
      const scale = halfAt(table, blocks, block * 20);
      const lowest = halfAt(table, blocks, block * 20 + 2);
      for (let index = 0; index < 16; index++) {
        const byte = byteAt(blocks, block * 20 + 4 + index);
        values[block * 32 + index] = Math.fround(scale * (byte & 15)) + lowest;
        values[block * 32 + 16 + index] = Math.fround(scale * (byte >> 4)) + lowest;
      }
    }
  },
  quantize(values, blocks) {
    for (let block = 0; block * 32 < values.length; block++) {
      const { lowest, scale, inverse } = rangeOf(values, block * 32, 15);
      setHalf(blocks, block * 20, scale);
      setHalf(blocks, block * 20 + 2, lowest);
      const level = (at: number) => truncated(Math.fround(Math.fround((values[at] ?? 0) - lowest) * inverse) + 0.5, 15);
      for (let index = 0; index < 16; index++)
        blocks[block * 20 + 4 + index] = level(block * 32 + index) | (level(block * 32 + 16 + index) << 4);
    }
  },
};
