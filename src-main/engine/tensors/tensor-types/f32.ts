import type { TensorType } from './tensor-type.ts';

/** IEEE 754 binary32. */
export const f32: TensorType = {
  id: 0,
  name: 'F32',
  blockValues: 1,
  blockBytes: 4,
  dequantize(blocks, values) {
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(blocks);
  },
};
