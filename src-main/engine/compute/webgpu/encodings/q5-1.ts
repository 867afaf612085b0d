import { type GpuEncoding, halfValues, twoHalves } from './encoding.ts';
import { levelsOfFive } from './q5-0.ts';

/** 32 values of 5 bits times a half, plus a half. */
export const q5One: GpuEncoding = {
  encoding: 'q5_1',
  block: { values: 32, bytes: 24, quants: { at: 0, bytes: 24 }, scale: null, exponent: 0x7c00, halves: [0, 2] },
  helpers: halfValues,
  four: (words) => `
  let block = i / 32u * 6u;
  let line = ${twoHalves(`${words}[block]`)};
  let fifth = ${words}[block + 1u];
  let nibbles = ${words}[block + 2u + (i & 15u) / 4u];
  return line.x * ${levelsOfFive('fifth', 'nibbles')} + line.y;`,
};
