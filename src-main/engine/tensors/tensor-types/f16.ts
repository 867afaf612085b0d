import { halfAt, halves } from './half.ts';
import type { TensorType } from './tensor-type.ts';

/** IEEE 754 binary16. */
export const f16: TensorType = {
  id: 1,
  name: 'F16',
  blockValues: 1,
  blockBytes: 2,
  dequantize(blocks, values) {
    const table = halves();
    for (let index = 0; index < values.length; index++) values[index] = halfAt(table, blocks, 2 * index);
  },
};
