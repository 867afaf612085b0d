import { floatScale, type GpuEncoding, signedBytes } from './encoding.ts';

/** 64 signed bytes times a float32 over 127. */
export const int8: GpuEncoding = {
  encoding: 'int8',
  block: { values: 64, bytes: 68, quants: { at: 4, bytes: 64 }, scale: { at: 0, bytes: 4 }, exponent: 0x7f800000 },
  four: (words, total) => `
  return ${signedBytes(`${words}[i / 4u]`)} * ${floatScale(words, `${total} / 4u`, 'i / 64u')} * 0.007874015718698502;`,
};
