import { type GpuEncoding, halfScale, halfValues, signedBytes } from './encoding.ts';

/** 32 signed bytes times a half. */
export const q8Zero: GpuEncoding = {
  encoding: 'q8_0',
  block: { values: 32, bytes: 34, quants: { at: 2, bytes: 32 }, scale: { at: 0, bytes: 2 }, exponent: 0x7c00 },
  helpers: halfValues,
  four: (words, total) => `
  return ${halfScale(words, `${total} / 4u`, 'i / 32u')} * ${signedBytes(`${words}[i / 4u]`)};`,
};
