import { byteAt } from './half.ts';
import type { TensorType } from './tensor-type.ts';

/** 1 / 127, as bitsandbytes multiplies by it. */
const overLargest = Math.fround(0.007874015718698502);

/**
 * 64 signed bytes times the largest magnitude of their row over 127 (LLM.int8, arXiv:2208.07339): that magnitude as float32,
 * then the bytes.
 */
export const int8: TensorType = {
  id: null,
  name: 'INT8',
  blockValues: 64,
  blockBytes: 68,
  dequantize(blocks, values) {
    const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
    for (let block = 0; block * 68 < blocks.length; block++) {
      const largest = view.getFloat32(block * 68, true);
      for (let index = 0; index < 64; index++) {
        const signed = (byteAt(blocks, block * 68 + 4 + index) << 24) >> 24;
        values[block * 64 + index] = Math.fround(signed * largest) * overLargest;
      }
    }
  },
};
