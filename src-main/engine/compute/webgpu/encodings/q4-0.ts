import { fourBytes, type GpuEncoding, halfScale, halfValues } from './encoding.ts';

/** 32 values of 4 bits around 8 times a half: 0 to 15 in the low halves of 16 bytes, 16 to 31 in the high ones. */
export const q4Zero: GpuEncoding = {
  encoding: 'q4_0',
  block: { values: 32, bytes: 18, quants: { at: 2, bytes: 16 }, scale: { at: 0, bytes: 2 }, exponent: 0x7c00 },
  helpers: halfValues,
  four: (words, total) => `
  let block = i / 32u;
  let nibbles = ${words}[block * 4u + (i & 15u) / 4u];
  let levels = vec4<f32>(${fourBytes('nibbles', '(i & 16u) / 4u', 15)}) - 8.0;
  return ${halfScale(words, `${total} / 8u`, 'block')} * levels;`,
};
