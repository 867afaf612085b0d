import { byteAt, halfAt, halves, setHalf } from './half.ts';
import { farthest, setLevelsOfFive, truncated } from './rounding.ts';
import type { TensorType } from './tensor-type.ts';

/** 32 values of 5 bits around 16, times a half: d, 4 bytes with everyone's fifth bit, then 16 bytes as in Q4_0. */
export const q5Zero: TensorType = {
  id: 6,
  name: 'Q5_0',
  blockValues: 32,
  blockBytes: 22,
  dequantize(blocks, values) {
    const table = halves();
    for (let block = 0; block * 22 < blocks.length; block++) {
      const start = block * 22;
      const scale = halfAt(table, blocks, start);
      const fifth = fifthBits(blocks, start + 2);
      for (let index = 0; index < 16; index++) {
        const byte = byteAt(blocks, start + 6 + index);
        values[block * 32 + index] = scale * (((byte & 15) | (((fifth >>> index) & 1) << 4)) - 16);
        values[block * 32 + 16 + index] = scale * (((byte >> 4) | (((fifth >>> (index + 16)) & 1) << 4)) - 16);
      }
    }
  },
  quantize(values, blocks) {
    for (let block = 0; block * 32 < values.length; block++) {
      const scale = Math.fround(farthest(values, block * 32) / -16);
      const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
      setHalf(blocks, block * 22, scale);
      setLevelsOfFive(blocks, block * 22 + 2, (index) =>
        truncated((values[block * 32 + index] ?? 0) * inverse + 16.5, 31),
      );
    }
  },
};

/** The 32 bits from byte `at` on, value 0's lowest. */
export function fifthBits(bytes: Uint8Array, at: number): number {
  return (
    byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24)
  );
}
