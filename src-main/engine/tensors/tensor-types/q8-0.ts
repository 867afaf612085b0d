import { byteAt, halfAt, halves, setHalf } from './half.ts';
import { farthest } from './rounding.ts';
import type { TensorType } from './tensor-type.ts';

/** 32 signed bytes times a half: d, then the bytes. */
export const q8Zero: TensorType = {
  id: 8,
  name: 'Q8_0',
  blockValues: 32,
  blockBytes: 34,
  dequantize(blocks, values) {
    const table = halves();
    for (let block = 0; block * 34 < blocks.length; block++) {
      const scale = halfAt(table, blocks, block * 34);
      for (let index = 0; index < 32; index++)
        values[block * 32 + index] = scale * ((byteAt(blocks, block * 34 + 2 + index) << 24) >> 24);
    }
  },
  quantize(values, blocks) {
    for (let block = 0; block * 32 < values.length; block++) {
      const scale = Math.fround(Math.abs(farthest(values, block * 32)) / 127);
      const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
      setHalf(blocks, block * 34, scale);
      for (let index = 0; index < 32; index++) {
        const value = Math.fround((values[block * 32 + index] ?? 0) * inverse);
        // Half away from zero.
        blocks[block * 34 + 2 + index] = Math.trunc(value + (value < 0 ? -0.5 : 0.5));
      }
    }
  },
};
