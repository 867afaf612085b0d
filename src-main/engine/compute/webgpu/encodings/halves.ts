import { type BlockLayout, type GpuEncoding, halfValues } from './encoding.ts';

function layout(exponent: number): BlockLayout {
  return { values: 1, bytes: 2, quants: { at: 0, bytes: 2 }, scale: null, exponent, halves: [0] };
}

export const float16: GpuEncoding = {
  encoding: 'float16',
  block: layout(0x7c00),
  helpers: halfValues,
  four: (words) => `
  let pairs = vec2<u32>(${words}[i / 2u], ${words}[i / 2u + 1u]);
  return half_values(vec4<u32>(pairs.x & 0xffffu, pairs.x >> 16u, pairs.y & 0xffffu, pairs.y >> 16u));`,
};

/** The upper half of a float32. */
export const bfloat16: GpuEncoding = {
  encoding: 'bfloat16',
  block: layout(0x7f80),
  four: (words) => `
  let pairs = vec2<u32>(${words}[i / 2u], ${words}[i / 2u + 1u]);
  return bitcast<vec4<f32>>(vec4<u32>(pairs.x << 16u, pairs.x & 0xffff0000u, pairs.y << 16u, pairs.y & 0xffff0000u));`,
};
