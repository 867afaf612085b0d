import { flag, number, real, size } from '../../kernel-inputs.ts';
import { programVariants } from '../program.ts';
import { type GpuKernel, type Lanes, laneCount, lanesOf } from './kernel.ts';

const workgroupSize = 128;

/** An invocation turns a value of a head's first half and the one across; or four of each. */
const programs = programVariants((type: Lanes) => ({
  name: 'rotary',
  reads: ['x', 'cosines', 'sines'].map((name) => ({ name, type })),
  writes: [{ name: 'y', type }],
  uniforms: [
    ['count', 'u32'],
    ['heads', 'u32'],
    ['half', 'u32'],
    ['table_rows', 'u32'],
    ['direction', 'f32'],
  ],
  workgroup: [workgroupSize, 1, 1],
  body: `
  if (invocation >= u.count) { return; }
  let column = invocation % u.half;
  let head = invocation / u.half;
  let angle = head / u.heads % u.table_rows * u.half + column;
  let at = head * 2u * u.half + column;
  let low = x[at];
  let high = x[at + u.half];
  let c = cosines[angle];
  let s = sines[angle] * u.direction;
  y[at] = low * c - high * s;
  y[at + u.half] = high * c + low * s;`,
}));

export const rotary: GpuKernel = {
  name: 'CotoRotary',
  run: (gpu, inputs, attributes) => {
    const [x, cos, sin] = [real(inputs, 'x'), real(inputs, 'cos'), real(inputs, 'sin')];
    const heads = number(attributes, 'heads');
    const lanes = lanesOf(size(cos, 1));
    const half = size(cos, 1) / laneCount(lanes);
    const count = size(x, 0) * heads * half;
    const y = gpu.output(x.shape);
    const uniforms = [count, heads, half, size(cos, 0), flag(attributes, 'inverse') ? -1 : 1];
    const workgroups = gpu.flat(Math.ceil(count / workgroupSize));
    gpu.run(programs(lanes), { reads: [x, cos, sin], writes: [y], uniforms, workgroups });
    return y;
  },
};
