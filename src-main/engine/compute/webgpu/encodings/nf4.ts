import { normalFloats } from '../../../tensors/tensor-types/nf4.ts';
import { floatScale, type GpuEncoding } from './encoding.ts';

/** 64 values out of 16 levels times a float32: of a byte the earlier in the high half. */
export const nf4: GpuEncoding = {
  encoding: 'nf4',
  block: { values: 64, bytes: 36, quants: { at: 4, bytes: 32 }, scale: { at: 0, bytes: 4 }, exponent: 0x7f800000 },
  // In a workgroup's memory: drivers keep a constant array that is indexed once an invocation.
  helpers: 'var<workgroup> levels: array<f32, 16>;',
  setUp: `
  if (lane == 0u) {
${[...normalFloats].map((level, index) => `    levels[${index}] = ${level};`).join('\n')}
  }
  workgroupBarrier();`,
  four: (words, total) => `
  let bytes = ${words}[i / 8u] >> (4u * (i & 4u));
  let at = (vec4<u32>(bytes) >> vec4<u32>(4u, 0u, 12u, 8u)) & vec4<u32>(15u);
  return ${floatScale(words, `${total} / 8u`, 'i / 64u')} * vec4<f32>(levels[at.x], levels[at.y], levels[at.z], levels[at.w]);`,
};
