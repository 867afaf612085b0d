import type * as tf from '@tensorflow/tfjs-core';
import { size } from '../../kernel-inputs.ts';
import type { GpuWork } from '../joined-program.ts';
import { type GpuProgram, programVariants } from '../program.ts';
import type { ProgramRunner } from '../program-runner.ts';
import { type Lanes, laneCount, lanesOf } from './kernel.ts';

/** Columns, or fours of columns, of a workgroup, and how many invocations share the rows of each. */
const across = 8;
const down = 8;

/** Σ over the rows of dy ∘ product, times the inverse norm of the column. */
const programs = programVariants(
  (lanes: Lanes): GpuProgram => ({
    name: 'magnitude_gradient',
    reads: ['dy', 'product', 'inverse'].map((name) => ({ name, type: lanes })),
    writes: [{ name: 'gradient', type: lanes }],
    uniforms: [
      ['rows', 'u32'],
      ['columns', 'u32'],
    ],
    workgroup: [across, down, 1],
    declarations: `var<workgroup> parts: array<${lanes}, ${across * down}>;`,
    body: `
  let column = group * ${across}u + local.x;
  var sum = ${lanes}(0.0);
  if (column < u.columns) {
    for (var row = local.y; row < u.rows; row += ${down}u) {
      sum += dy[row * u.columns + column] * product[row * u.columns + column];
    }
  }
  parts[lane] = sum;
  workgroupBarrier();
  if (local.y > 0u || column >= u.columns) { return; }
  for (var part = 1u; part < ${down}u; part++) { sum += parts[part * ${across}u + local.x]; }
  gradient[column] = sum * inverse[column];`,
  }),
);

/** The gradient of DoRA's magnitudes [out] for dy [rows, out] and the product h [rows, out] before it is scaled; to be run. */
export function plannedMagnitudeGradient(
  gpu: ProgramRunner,
  dy: tf.TensorInfo,
  product: tf.TensorInfo,
  inverse: tf.TensorInfo,
): { readonly work: GpuWork; readonly gradient: tf.TensorInfo } {
  const [rows, outputs] = [size(dy, 0), size(dy, 1)];
  const lanes = lanesOf(outputs);
  const columns = outputs / laneCount(lanes);
  const gradient = gpu.output([outputs]);
  const given = {
    reads: [dy, product, inverse],
    writes: [gradient],
    uniforms: [rows, columns],
    workgroups: gpu.flat(Math.ceil(columns / across)),
  };
  return { work: { program: programs(lanes), given }, gradient };
}
