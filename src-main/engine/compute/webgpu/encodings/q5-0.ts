import { type GpuEncoding, halfScale, halfValues, nibblesOf } from './encoding.ts';

/** WGSL: values of 5 bits, `fifth` a word with everyone's fifth bit, `nibbles` a word of the 16 bytes as in Q4_0. */
export function levelsOfFive(fifth: string, nibbles: string): string {
  return `vec4<f32>(${nibblesOf(nibbles)}
    | (((vec4<u32>(${fifth} >> (i & 31u)) >> vec4<u32>(0u, 1u, 2u, 3u)) & vec4<u32>(1u)) << vec4<u32>(4u)))`;
}

/** 32 values of 5 bits around 16, times a half. */
export const q5Zero: GpuEncoding = {
  encoding: 'q5_0',
  block: { values: 32, bytes: 22, quants: { at: 2, bytes: 20 }, scale: { at: 0, bytes: 2 }, exponent: 0x7c00 },
  helpers: halfValues,
  four: (words, total) => `
  let block = i / 32u;
  let fifth = ${words}[block * 5u];
  let nibbles = ${words}[block * 5u + 1u + (i & 15u) / 4u];
  return ${halfScale(words, `${total} / 32u * 5u`, 'block')} * (${levelsOfFive('fifth', 'nibbles')} - 16.0);`,
};
