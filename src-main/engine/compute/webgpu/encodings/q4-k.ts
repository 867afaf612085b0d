import { fourBytes, type GpuEncoding, halfValues, twoHalves } from './encoding.ts';

/**
 * WGSL: `group_line(ends, packed, group)`, scale and lowest value of a group of 32 out of the word of two halves and the 12 bytes
 * that Q4_K and Q5_K begin with.
 */
export const groupLine = `${halfValues}
fn group_line(ends: u32, packed: vec3<u32>, group: u32) -> vec2<f32> {
  let bytes = (packed >> vec3<u32>(8u * (group & 3u))) & vec3<u32>(0xffu);
  let first = bytes.xy & vec2<u32>(63u);
  let last = vec2<u32>(bytes.z & 15u, bytes.z >> 4u) | ((bytes.xy >> vec2<u32>(6u)) << vec2<u32>(4u));
  return ${twoHalves('ends')} * vec2<f32>(select(first, last, group >= 4u));
}`;

/** WGSL: the line of the group of value i, whose block begins at word `block`. */
export function lineOfGroup(words: string): string {
  const packed = [1, 2, 3].map((at) => `${words}[block + ${at}u]`).join(', ');
  return `group_line(${words}[block], vec3<u32>(${packed}), group)`;
}

/** WGSL: four values of 4 bits from word `start` on: 32 bytes hold one group in the low and the next in the high halves. */
export function nibblesOfGroup(words: string, start: string): string {
  return fourBytes(`${words}[${start} + group / 2u * 8u + (i & 31u) / 4u]`, '(group & 1u) * 4u', 15);
}

/** 256 values of 4 bits in 8 groups. */
export const q4K: GpuEncoding = {
  encoding: 'q4_k',
  block: { values: 256, bytes: 144, quants: { at: 0, bytes: 144 }, scale: null, exponent: 0x7c00, halves: [0, 2] },
  helpers: groupLine,
  four: (words) => `
  let block = i / 256u * 36u;
  let group = (i & 255u) / 32u;
  let line = ${lineOfGroup(words)};
  return line.x * vec4<f32>(${nibblesOfGroup(words, 'block + 4u')}) - line.y;`,
};
