import { byteOf, fourBytes, type GpuEncoding, halfScale, halfValues } from './encoding.ts';
import { levelsOfTwo } from './q2-k.ts';

/** 256 values of 3 bits in 16 groups: 32 bytes of third bits, low bits as in Q2_K, 12 bytes of scales of 6 bits, and their half. */
export const q3K: GpuEncoding = {
  encoding: 'q3_k',
  block: { values: 256, bytes: 110, quants: { at: 0, bytes: 108 }, scale: { at: 108, bytes: 2 }, exponent: 0x7c00 },
  helpers: halfValues,
  four: (words, total) => `
  let block = i / 256u * 27u;
  let group = (i & 255u) / 16u;
  let low = ${byteOf(`${words}[block + 24u + (group & 7u) / 4u]`, 'group & 3u')} >> (group / 8u * 4u);
  let high = ${byteOf(`${words}[block + 26u]`, 'group & 3u')} >> (group / 4u * 2u);
  let scale = f32((low & 15u) | ((high & 3u) << 4u)) - 32.0;
  let third = ${fourBytes(`${words}[block + (i & 31u) / 4u]`, 'group / 2u', 1)};
  let levels = vec4<f32>(${levelsOfTwo(words, 'block + 8u')} + third * vec4<u32>(4u)) - 4.0;
  return ${halfScale(words, `${total} / 256u * 27u`, 'i / 256u')} * scale * levels;`,
};
