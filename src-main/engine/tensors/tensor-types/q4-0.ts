import { byteAt, halfAt, halves, setHalf } from './half.ts';
import { farthest, truncated } from './rounding.ts';
import type { TensorType } from './tensor-type.ts';

/** 32 values of 4 bits around 8, times a half: d, then 16 bytes with values 0 to 15 in the low and 16 to 31 in the high halves. */
export const q4Zero: TensorType = {
  id: 2,
  name: 'Q4_0',
  blockValues: 32,
  blockBytes: 18,
  dequantize(blocks, values) {
    const table = halves();
    for (let block = 0; block * 18 < blocks.length; block++) {
      const scale = halfAt(table, blocks, block * 18);
      for (let index = 0; index < 16; index++) {
        const byte = byteAt(blocks, block * 18 + 2 + index);
        values[block * 32 + index] = scale * ((byte & 15) - 8);
        values[block * 32 + 16 + index] = scale * ((byte >> 4) - 8);
      }
    }
  },
  quantize(values, blocks) {
    for (let block = 0; block * 32 < values.length; block++) {
      const scale = Math.fround(farthest(values, block * 32) / -8);
      const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
      setHalf(blocks, block * 18, scale);
      for (let index = 0; index < 16; index++) {
        const low = truncated((values[block * 32 + index] ?? 0) * inverse + 8.5, 15);
        const high = truncated((values[block * 32 + 16 + index] ?? 0) * inverse + 8.5, 15);
        blocks[block * 18 + 2 + index] = low | (high << 4);
      }
    }
  },
};
