import { count, input, number, real } from '../../kernel-inputs.ts';
import type { GpuProgram } from '../program.ts';
import type { GpuKernel } from './kernel.ts';

const workgroupSize = 64;

/** Two values to a word, the earlier in its lower half, rounded to the nearest, ties to even; a NaN stays one. */
const toPairs: GpuProgram = {
  name: 'to_bfloat16',
  reads: [{ name: 'x', type: 'f32' }],
  writes: [{ name: 'y', type: 'words' }],
  uniforms: [['count', 'u32']],
  workgroup: [workgroupSize, 1, 1],
  declarations: `
fn rounded(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  let nearest = (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
  return select(nearest, (bits >> 16u) | 0x40u, (bits & 0x7fffffffu) > 0x7f800000u);
}`,
  body: `
  let i = invocation * 2u;
  if (i >= u.count) { return; }
  var pair = rounded(x[i]);
  if (i + 1u < u.count) { pair |= rounded(x[i + 1u]) << 16u; }
  y[invocation] = pair;`,
};

const fromPairs: GpuProgram = {
  name: 'from_bfloat16',
  reads: [{ name: 'x', type: 'words' }],
  writes: [{ name: 'y', type: 'f32' }],
  uniforms: [['count', 'u32']],
  workgroup: [workgroupSize, 1, 1],
  body: `
  let i = invocation * 2u;
  if (i >= u.count) { return; }
  let pair = x[invocation];
  y[i] = bitcast<f32>(pair << 16u);
  if (i + 1u < u.count) { y[i + 1u] = bitcast<f32>(pair & 0xffff0000u); }`,
};

/** bfloat16 has no type in tfjs: two of them are one int32. */
export const halfKernels: readonly GpuKernel[] = [
  {
    name: 'CotoToBfloat16',
    run(gpu, inputs) {
      const x = real(inputs, 'x');
      const pairs = Math.ceil(count(x) / 2);
      const y = gpu.output([pairs], 'int32');
      const workgroups = gpu.flat(Math.ceil(pairs / workgroupSize));
      gpu.run(toPairs, { reads: [x], writes: [y], uniforms: [count(x)], workgroups });
      return y;
    },
  },
  {
    name: 'CotoFromBfloat16',
    run(gpu, inputs, attributes) {
      const values = number(attributes, 'count');
      const y = gpu.output([values]);
      const workgroups = gpu.flat(Math.ceil(values / 2 / workgroupSize));
      gpu.run(fromPairs, { reads: [input(inputs, 'x')], writes: [y], uniforms: [values], workgroups });
      return y;
    },
  },
];
