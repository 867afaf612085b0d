import { type GpuEncoding, halfScale, halfValues, nibblesOf } from './encoding.ts';

/** 32 values of 4 bits around 8 times a half. */
export const q4Zero: GpuEncoding = {
  encoding: 'q4_0',
  block: { values: 32, bytes: 18, quants: { at: 2, bytes: 16 }, scale: { at: 0, bytes: 2 }, exponent: 0x7c00 },
  helpers: halfValues,
  four: (words, total) => `
  let block = i / 32u;
  let levels = vec4<f32>(${nibblesOf(`${words}[block * 4u + (i & 15u) / 4u]`)}) - 8.0;
  return ${halfScale(words, `${total} / 8u`, 'block')} * levels;`,
};
