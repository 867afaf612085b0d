import type { TensorType } from './tensor-type.ts';

/** bfloat16: the upper half of a float32. */
export const bf16: TensorType = {
  id: 30,
  name: 'BF16',
  blockValues: 1,
  blockBytes: 2,
  dequantise(blocks, values) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    bytes.fill(0);
    for (let index = 0; index < values.length; index++)
      bytes.set(blocks.subarray(2 * index, 2 * index + 2), 4 * index + 2);
  },
};
