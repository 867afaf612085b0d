import { fourBytes, type GpuEncoding, halfScale, halfValues } from './encoding.ts';

/**
 * 256 values of 6 bits around 32 in 16 groups, each with a signed byte as scale: 128 bytes of low bits, 64 bytes of high bits, 16
 * scales, and their half. Each half of 128 values has four quarters of 32: two in the low halves of 64 bytes, two in the high ones.
 */
export const q6K: GpuEncoding = {
  encoding: 'q6_k',
  block: { values: 256, bytes: 210, quants: { at: 0, bytes: 208 }, scale: { at: 208, bytes: 2 }, exponent: 0x7c00 },
  helpers: halfValues,
  four: (words, total) => `
  let block = i / 256u * 52u;
  let half = (i & 128u) / 128u;
  let quarter = (i >> 5u) & 3u;
  let word = (i & 31u) / 4u;
  let group = (i & 255u) / 16u;
  let scale = extractBits(bitcast<i32>(${words}[block + 48u + group / 4u]), 8u * (group & 3u), 8u);
  let low = ${fourBytes(`${words}[block + half * 16u + (quarter & 1u) * 8u + word]`, 'quarter / 2u * 4u', 15)};
  let high = ${fourBytes(`${words}[block + 32u + half * 8u + word]`, 'quarter * 2u', 3)};
  let levels = vec4<f32>(low + high * vec4<u32>(16u)) - 32.0;
  return ${halfScale(words, `${total} / 256u * 52u`, 'i / 256u')} * f32(scale) * levels;`,
};
