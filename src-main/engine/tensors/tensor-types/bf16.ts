import { byteAt } from './half.ts';
import type { TensorType } from './tensor-type.ts';

/** bfloat16: the upper half of a float32. */
export const bf16: TensorType = {
  id: 30,
  name: 'BF16',
  blockValues: 1,
  blockBytes: 2,
  dequantize(blocks, values) {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let index = 0; index < bits.length; index++)
      bits[index] = (byteAt(blocks, 2 * index) << 16) | (byteAt(blocks, 2 * index + 1) << 24);
  },
};
