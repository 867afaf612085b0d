import { byteAt, halfAt, halves } from './half.ts';
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
};
