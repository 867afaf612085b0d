import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../../../src-shared/random.ts';
import {
  leading,
  type Matrix,
  type MatrixLike,
  randomizedSvdOf,
  scaledColumns,
  toFloat32,
} from '../../linalg/index.ts';
import { cutMatrix, energyOf } from '../../merge/spaces/cut-rank.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { sizes } from './foreign-matrices.ts';

/** B·A in place of a ΔW, and what it leaves out. */
export interface CutUpdate {
  readonly a: HostTensor;
  readonly b: HostTensor;
  readonly rank: number;
  /** Squared length of ΔW − B·A, and of ΔW. */
  readonly lost: number;
  readonly total: number;
}

/** Entries of a ΔW that are decomposed on the host. The products of a larger one are computed by the active backend. */
export const maxHostEntries = 2 ** 22;
/** An update has a lower rank than the cut where all it has beside B·A is rounding. */
const energy = 1 - 1e-12;
/** Share of the greatest singular value below which float32 products have rounding alone. */
const smallestShare = 1e-6;
/** Rows of a ΔW that are compared with B·A at a time. */
const blockRows = 256;

/** The best B·A of a rank for a ΔW [out, in], without what is rounding. `name` seeds the random directions. */
export function cutUpdate(delta: MatrixLike, rank: number, name: string): CutUpdate {
  const random = RandomStream.named(0, 'merge', `import/${name}`);
  const [rows, columns] = sizes(delta);
  if (rows * columns > maxHostEntries) return cutOnBackend(delta, rank, random);
  const { a, b, energy: kept, ...made } = cutMatrix(delta, { rank, energy }, () => random);
  const { kept: own, total } = kept ?? { kept: 0, total: 0 };
  return { a, b, rank: made.rank, lost: Math.max(0, total - own), total };
}

function cutOnBackend(delta: MatrixLike, rank: number, random: RandomStream): CutUpdate {
  const [rows, columns] = sizes(delta);
  const values = delta.data instanceof Float32Array ? delta.data : Float32Array.from(delta.data);
  const weight = tf.tensor2d(values, [rows, columns]);
  const product = (right: Matrix, isAcross: boolean): Matrix => {
    const data = tf.tidy(() => {
      const placed = tf.tensor2d(Float32Array.from(right.data), [...right.shape]);
      return tf.matMul(weight, placed, isAcross).dataSync();
    });
    return { shape: [isAcross ? columns : rows, right.shape[1]], data: Float64Array.from(data) };
  };
  try {
    const found = randomizedSvdOf(
      {
        shape: [rows, columns],
        times: (right) => product(right, false),
        acrossTimes: (right) => product(right, true),
      },
      { rank },
      random,
    );
    const [greatest = 0] = found.s;
    const kept = Math.max(1, found.s.filter((value) => value > smallestShare * greatest).length);
    const { u, s, vt } = leading(found, kept);
    const [a, b] = [toFloat32(vt), toFloat32(scaledColumns(u, s))];
    return { a, b, rank: kept, lost: squaredDistance(weight, b, a), total: energyOf(values) };
  } finally {
    weight.dispose();
  }
}

/** ‖W − B·A‖². Differences of squared lengths would be rounding of float32. */
function squaredDistance(weight: tf.Tensor2D, b: HostTensor, a: HostTensor): number {
  const [rows, columns] = weight.shape;
  const rank = a.shape[0] ?? 0;
  return tf.tidy(() => {
    const right = tf.tensor2d(Float32Array.from(a.data), [rank, columns]);
    const left = tf.tensor2d(Float32Array.from(b.data), [rows, rank]);
    let sum = 0;
    for (let row = 0; row < rows; row += blockRows) {
      const count = Math.min(blockRows, rows - row);
      const rest = tf.tidy(() => {
        const made = tf.matMul(tf.slice(left, [row, 0], [count, rank]), right);
        return tf.sub(tf.slice(weight, [row, 0], [count, columns]), made).dataSync();
      });
      sum += energyOf(rest);
    }
    return sum;
  });
}
