import { input, number } from '../../kernel-inputs.ts';
import type { GpuProgram } from '../program.ts';
import type { GpuKernel } from './kernel.ts';

const workgroupSize = 128;

/** Uses the hash of ops/linear/dropout-mask.ts. */
const mask: GpuProgram = {
  name: 'dropout_mask',
  reads: [{ name: 'seeds', type: 'i32' }],
  writes: [{ name: 'y', type: 'f32' }],
  uniforms: [
    ['count', 'u32'],
    ['place', 'u32'],
    ['threshold', 'u32'],
    ['kept', 'f32'],
  ],
  workgroup: [workgroupSize, 1, 1],
  body: `
  let i = invocation;
  if (i >= u.count) { return; }
  var bits = (i * 0x9e3779b9u) ^ bitcast<u32>(seeds[u.place]);
  bits = (bits ^ (bits >> 16u)) * 0x85ebca6bu;
  bits = (bits ^ (bits >> 13u)) * 0xc2b2ae35u;
  bits = bits ^ (bits >> 16u);
  y[i] = select(0.0, u.kept, bits >= u.threshold);`,
};

/** Reads the seed on the device, so that a recorded pass has another in each step. */
export const dropoutMask: GpuKernel = {
  name: 'CotoDropoutMask',
  run(gpu, inputs, attributes) {
    const [rows, columns] = [number(attributes, 'rows'), number(attributes, 'columns')];
    const y = gpu.output([rows, columns]);
    const uniforms = [rows * columns, ...['place', 'threshold', 'kept'].map((name) => number(attributes, name))];
    const workgroups = gpu.flat(Math.ceil((rows * columns) / workgroupSize));
    gpu.run(mask, { reads: [input(inputs, 'seeds')], writes: [y], uniforms, workgroups });
    return y;
  },
};
