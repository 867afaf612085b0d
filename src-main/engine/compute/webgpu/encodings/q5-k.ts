import { fourBytes, type GpuEncoding } from './encoding.ts';
import { groupLine, lineOfGroup, nibblesOfGroup } from './q4-k.ts';

/** Q4_K with a fifth bit: 32 bytes with one bit for each group come before the low bits. */
export const q5K: GpuEncoding = {
  encoding: 'q5_k',
  block: { values: 256, bytes: 176, quants: { at: 0, bytes: 176 }, scale: null, exponent: 0x7c00, halves: [0, 2] },
  helpers: groupLine,
  four: (words) => `
  let block = i / 256u * 44u;
  let group = (i & 255u) / 32u;
  let line = ${lineOfGroup(words)};
  let fifth = ${fourBytes(`${words}[block + 4u + (i & 31u) / 4u]`, 'group', 1)};
  let levels = ${nibblesOfGroup(words, 'block + 12u')} + fifth * vec4<u32>(16u);
  return line.x * vec4<f32>(levels) - line.y;`,
};
