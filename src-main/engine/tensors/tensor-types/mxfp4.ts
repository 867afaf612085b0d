import { decodeMxfp4, ggmlMxfp4Bytes, mxfp4OfGgml } from '../mxfp4.ts';
import type { TensorType } from './tensor-type.ts';

/** 32 values of 4 bits in floating point (E2M1), times a power of two: its exponent, then the codes. */
export const mxfp4: TensorType = {
  id: 39,
  name: 'MXFP4',
  blockValues: 32,
  blockBytes: ggmlMxfp4Bytes,
  dequantize(blocks, values) {
    const { codes, exponents } = mxfp4OfGgml(blocks);
    // ggml's table has no negative zero.
    values.set(decodeMxfp4(codes, exponents).map((value) => value + 0));
  },
};
