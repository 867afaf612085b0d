import { byteAt, halfAt, halves, setHalf } from './half.ts';
import { fifthBits } from './q5-0.ts';
import { rangeOf, setLevelsOfFive, truncated } from './rounding.ts';
import type { TensorType } from './tensor-type.ts';

/** 32 values of 5 bits times a half, plus a half: d, m, 4 bytes with everyone's fifth bit, then 16 bytes as in Q4_0. */
export const q5One: TensorType = {
  id: 7,
  name: 'Q5_1',
  blockValues: 32,
  blockBytes: 24,
  dequantize(blocks, values) {
    const table = halves();
    for (let block = 0; block * 24 < blocks.length; block++) {
      const start = block * 24;
      const scale = halfAt(table, blocks, start);
      const lowest = halfAt(table, blocks, start + 2);
      const fifth = fifthBits(blocks, start + 4);
      for (let index = 0; index < 16; index++) {
        const byte = byteAt(blocks, start + 8 + index);
        const low = (byte & 15) | (((fifth >>> index) & 1) << 4);
        const high = (byte >> 4) | (((fifth >>> (index + 16)) & 1) << 4);
        values[block * 32 + index] = Math.fround(scale * low) + lowest;
        values[block * 32 + 16 + index] = Math.fround(scale * high) + lowest;
      }
    }
  },
  quantize(values, blocks) {
    for (let block = 0; block * 32 < values.length; block++) {
      const { lowest, scale, inverse } = rangeOf(values, block * 32, 31);
      setHalf(blocks, block * 24, scale);
      setHalf(blocks, block * 24 + 2, lowest);
      setLevelsOfFive(blocks, block * 24 + 4, (index) =>
        truncated(Math.fround(Math.fround((values[block * 32 + index] ?? 0) - lowest) * inverse) + 0.5, 31),
      );
    }
  },
};
