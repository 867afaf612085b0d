import type * as tf from '@tensorflow/tfjs-core';
import type { StoredEncoding } from '../../../tensors/stored-matrix.ts';
import { size } from '../../kernel-inputs.ts';
import type { GpuEncoding } from '../encodings/encoding.ts';
import { decodingOf, setUpOf } from '../encodings/index.ts';
import { type GpuProgram, programVariants } from '../program.ts';
import type { ProgramRunner } from '../program-runner.ts';
import { type Lanes, laneCount, lanesOf } from './kernel.ts';

const workgroupSize = 64;

/** Some rows of an encoded matrix. */
const rowsProgram = programVariants(
  (encoding: StoredEncoding, lanes: Lanes): GpuProgram => ({
    name: `gather_${encoding}`,
    reads: [
      { name: 'x', type: 'words' },
      { name: 'places', type: 'i32' },
    ],
    writes: [{ name: 'y', type: lanes }],
    uniforms: [
      ['rows', 'u32'],
      ['columns', 'u32'],
      ['gathered', 'u32'],
    ],
    workgroup: [workgroupSize, 1, 1],
    declarations: decodingOf(encoding, 'x', '(u.rows * u.columns)'),
    body: `${setUpOf(encoding)}
  let i = invocation * ${laneCount(lanes)}u;
  if (i >= u.gathered * u.columns) { return; }
  let place = u32(places[i / u.columns]) * u.columns + i % u.columns;
  y[invocation] = ${lanes === 'f32' ? 'one_x(place)' : 'four_x(place)'};`,
  }),
);

/** The rows of an encoded matrix at `places` int32 → [places, columns]. */
export function gatherEncodedRows(
  gpu: ProgramRunner,
  encoding: GpuEncoding,
  x: tf.TensorInfo,
  places: tf.TensorInfo,
): tf.TensorInfo {
  const [rows, columns, gathered] = [size(x, 0), size(x, 1), size(places, 0)];
  const lanes = lanesOf(columns);
  const y = gpu.output([gathered, columns]);
  gpu.run(rowsProgram(encoding.encoding, lanes), {
    reads: [x, places],
    writes: [y],
    uniforms: [rows, columns, gathered],
    workgroups: gpu.flat(Math.ceil((gathered * columns) / laneCount(lanes) / workgroupSize)),
  });
  return y;
}
