import { byteAt } from './half.ts';
import type { TensorType } from './tensor-type.ts';

/** The 16 levels of NF4 (QLoRA, arXiv:2305.14314): quantiles of the normal distribution, as bitsandbytes rounds them. */
export const normalFloats = Float32Array.of(
  -1,
  -0.6961928009986877,
  -0.5250730514526367,
  -0.39491748809814453,
  -0.28444138169288635,
  -0.18477343022823334,
  -0.09105003625154495,
  0,
  0.07958029955625534,
  0.16093020141124725,
  0.24611230194568634,
  0.33791524171829224,
  0.44070982933044434,
  0.5626170039176941,
  0.7229568362236023,
  1,
);

const middles = Float64Array.from({ length: 15 }, (_, index) => (levelAt(index) + levelAt(index + 1)) / 2);

function levelAt(index: number): number {
  return normalFloats[index] ?? 0;
}

/** The level nearest to a value of −1 to 1, the lower of two whose distances are equal in float32; NaN has the lowest. */
function nearest(value: number): number {
  let index = 0;
  for (let step = 8; step > 0; step >>= 1) if (value > (middles[index + step - 1] ?? 2)) index += step;
  const isTie = index > 0 && Math.fround(value - levelAt(index - 1)) <= Math.fround(levelAt(index) - value);
  return isTie ? index - 1 : index;
}

/** 64 values out of 16 levels, times a float32: that, then 32 bytes with the earlier of two values in the high half. */
export const nf4: TensorType = {
  id: null,
  name: 'NF4',
  blockValues: 64,
  blockBytes: 36,
  dequantize(blocks, values) {
    const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
    for (let block = 0; block * 36 < blocks.length; block++) {
      const scale = view.getFloat32(block * 36, true);
      for (let index = 0; index < 32; index++) {
        const byte = byteAt(blocks, block * 36 + 4 + index);
        values[block * 64 + 2 * index] = scale * levelAt(byte >> 4);
        values[block * 64 + 2 * index + 1] = scale * levelAt(byte & 15);
      }
    }
  },
  quantize(values, blocks) {
    const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
    for (let block = 0; block * 64 < values.length; block++) {
      const start = block * 64;
      let largest = 0;
      for (let index = 0; index < 64; index++) largest = Math.max(largest, Math.abs(values[start + index] ?? 0));
      view.setFloat32(block * 36, largest, true);
      // Infinite of a block of zeros: they become NaN and so the lowest level, as bitsandbytes has it.
      const inverse = Math.fround(1 / largest);
      for (let index = 0; index < 32; index++) {
        const [first, second] = [values[start + 2 * index] ?? 0, values[start + 2 * index + 1] ?? 0];
        blocks[block * 36 + 4 + index] =
          (nearest(Math.fround(first * inverse)) << 4) | nearest(Math.fround(second * inverse));
      }
    }
  },
};
