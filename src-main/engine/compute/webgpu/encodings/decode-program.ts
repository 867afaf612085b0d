import type { StoredEncoding } from '../../../tensors/stored-matrix.ts';
import { type GpuProgram, programVariants } from '../program.ts';
import { decodingOf, setUpOf } from './index.ts';

const workgroupSize = 64;

/** All `count` values of an encoded matrix, in float32. */
const programs = programVariants(
  (encoding: StoredEncoding, lanes: 1 | 4): GpuProgram => ({
    name: `decode_${encoding}`,
    reads: [{ name: 'x', type: 'words' }],
    writes: [{ name: 'y', type: lanes === 1 ? 'f32' : 'vec4<f32>' }],
    uniforms: [['count', 'u32']],
    workgroup: [workgroupSize, 1, 1],
    declarations: decodingOf(encoding, 'x', 'u.count'),
    body: `${setUpOf(encoding)}
  let i = invocation * ${lanes}u;
  if (i >= u.count) { return; }
  y[invocation] = ${lanes === 1 ? 'one_x(i)' : 'four_x(i)'};`,
  }),
);

/** The program for `count` values, and how many workgroups of it. */
export function decodeProgram(
  encoding: StoredEncoding,
  count: number,
): { readonly program: GpuProgram; readonly workgroups: number } {
  const lanes = count % 4 === 0 ? 4 : 1;
  return { program: programs(encoding, lanes), workgroups: Math.ceil(count / lanes / workgroupSize) };
}
