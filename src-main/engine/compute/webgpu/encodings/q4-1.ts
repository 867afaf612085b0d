import { type GpuEncoding, halfValues, nibblesOf, twoHalves } from './encoding.ts';

/** 32 values of 4 bits times a half, plus a half: both, then 16 bytes as in Q4_0. */
export const q4One: GpuEncoding = {
  encoding: 'q4_1',
  block: { values: 32, bytes: 20, quants: { at: 0, bytes: 20 }, scale: null, exponent: 0x7c00, halves: [0, 2] },
  helpers: halfValues,
  four: (words) => `
  let block = i / 32u * 5u;
  let line = ${twoHalves(`${words}[block]`)};
  return line.x * vec4<f32>(${nibblesOf(`${words}[block + 1u + (i & 15u) / 4u]`)}) + line.y;`,
};
