import { byteOf, fourBytes, type GpuEncoding, halfValues, twoHalves } from './encoding.ts';

/** WGSL: four values of 2 bits as Q2_K and Q3_K have them, from word `start` on: each half of 128 in 32 bytes, in four layers. */
export function levelsOfTwo(words: string, start: string): string {
  return fourBytes(`${words}[${start} + (i & 128u) / 16u + (i & 31u) / 4u]`, '((i >> 5u) & 3u) * 2u', 3);
}

/** 256 values of 2 bits in 16 groups: a byte of scale and lowest value each, the values, then the halves of both. */
export const q2K: GpuEncoding = {
  encoding: 'q2_k',
  block: { values: 256, bytes: 84, quants: { at: 0, bytes: 84 }, scale: null, exponent: 0x7c00, halves: [80, 82] },
  helpers: halfValues,
  four: (words) => `
  let block = i / 256u * 21u;
  let group = (i & 255u) / 16u;
  let both = ${byteOf(`${words}[block + group / 4u]`, 'group & 3u')};
  let line = ${twoHalves(`${words}[block + 20u]`)} * vec2<f32>(f32(both & 15u), f32(both >> 4u));
  return line.x * vec4<f32>(${levelsOfTwo(words, 'block + 4u')}) - line.y;`,
};
