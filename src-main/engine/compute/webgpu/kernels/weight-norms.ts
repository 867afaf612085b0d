import type * as tf from '@tensorflow/tfjs-core';
import type { StoredEncoding } from '../../../tensors/stored-matrix.ts';
import { size } from '../../kernel-inputs.ts';
import { decodingOf, setUpOf } from '../encodings/index.ts';
import type { GpuWork } from '../joined-program.ts';
import { type GpuBinding, type GpuProgram, programVariants } from '../program.ts';
import type { ProgramRunner } from '../program-runner.ts';
import { type Lanes, laneCount, lanesOf } from './kernel.ts';
import { reductions } from './reduce.ts';

const workgroupSize = 64;
/** Outputs of a workgroup: a value of A is read once for all of them. */
const rowsAWorkgroup = 8;
const rows = Array.from({ length: rowsAWorkgroup }, (_, index) => index);
const lines = (line: (row: number) => string) => rows.map(line).join('\n');

/** For each row w of W + s·B·A: 1 / ‖w‖, and its product with the magnitude. */
const programs = programVariants((lanes: Lanes, encoding: StoredEncoding | null): GpuProgram => {
  const wide: GpuBinding['type'] = lanes;
  const isWide = lanes !== 'f32';
  const at = '(row * u.columns + column)';
  const weight = encoding === null ? `w[${at}]` : isWide ? `four_w(4u * ${at})` : `one_w${at}`;
  return {
    name: ['weight_norms', encoding].filter((part) => part !== null).join('_'),
    reads: [
      { name: 'w', type: encoding === null ? wide : 'words' },
      { name: 'a', type: wide },
      { name: 'b', type: 'f32' },
      { name: 'magnitude', type: 'f32' },
    ],
    writes: [
      { name: 'inverse', type: 'f32' },
      { name: 'gain', type: 'f32' },
    ],
    uniforms: [
      ['rows', 'u32'],
      ['columns', 'u32'],
      ['rank', 'u32'],
      ['scale', 'f32'],
      ['smallest', 'f32'],
    ],
    workgroup: [workgroupSize, 1, 1],
    declarations: `
alias T = ${lanes};
fn total(value: T) -> f32 { return ${isWide ? 'dot(value, vec4<f32>(1.0))' : 'value'}; }
${decodingOf(encoding, 'w', `(u.rows * u.columns * ${laneCount(lanes)}u)`)}
fn weight(row: u32, column: u32) -> T { return ${weight}; }
fn keep(row: u32, squares: f32) {
  if (row >= u.rows) { return; }
  let inverse_norm = inverseSqrt(max(squares, u.smallest));
  inverse[row] = inverse_norm;
  gain[row] = magnitude[row] * inverse_norm;
}
${reductions(workgroupSize)}`,
    // Rows behind the last are the last again.
    body: `${setUpOf(encoding)}
  if (group * ${rowsAWorkgroup}u >= u.rows) { return; }
${lines((row) => `  let row${row} = min(group * ${rowsAWorkgroup}u + ${row}u, u.rows - 1u);`)}
${lines((row) => `  var squares${row} = T(0.0);`)}
  for (var i = lane; i < u.columns; i += ${workgroupSize}u) {
${lines((row) => `    var sum${row} = T(0.0);`)}
    for (var r = 0u; r < u.rank; r++) {
      let of_a = a[r * u.columns + i];
${lines((row) => `      sum${row} += b[row${row} * u.rank + r] * of_a;`)}
    }
${lines((row) => `    sum${row} = weight(row${row}, i) + u.scale * sum${row};`)}
${lines((row) => `    squares${row} += sum${row} * sum${row};`)}
  }
${lines((row) => `  let norm${row} = sum_all(total(squares${row}), lane);`)}
  if (lane == 0u) {
${lines((row) => `    keep(group * ${rowsAWorkgroup}u + ${row}u, norm${row});`)}
  }`,
  };
});

interface Changed {
  /** [out, in], as it is encoded. */
  readonly weight: tf.TensorInfo;
  /** [r, in] */
  readonly a: tf.TensorInfo;
  /** [out, r] */
  readonly b: tf.TensorInfo;
  readonly scaling: number;
  /** [out] */
  readonly magnitude: tf.TensorInfo;
  /** Below this the square of a norm counts as this. */
  readonly smallest: number;
}

/** The inverse norms of W + s·B·A by output [out], and what DoRA multiplies its outputs by [out]; to be run. */
export function plannedNorms(
  gpu: ProgramRunner,
  { weight, a, b, scaling, magnitude, smallest }: Changed,
): { readonly work: GpuWork; readonly inverse: tf.TensorInfo; readonly gain: tf.TensorInfo } {
  const [outputs, inputs] = [size(weight, 0), size(weight, 1)];
  const lanes = lanesOf(inputs);
  const [inverse, gain] = [gpu.output([outputs]), gpu.output([outputs])];
  const program = programs(lanes, gpu.encodingOf(weight)?.encoding ?? null);
  const given = {
    reads: [weight, a, b, magnitude],
    writes: [inverse, gain],
    uniforms: [outputs, inputs / laneCount(lanes), size(b, 1), scaling, smallest],
    workgroups: gpu.flat(Math.ceil(outputs / rowsAWorkgroup)),
  };
  return { work: { program, given }, inverse, gain };
}
