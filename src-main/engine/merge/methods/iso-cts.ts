import { leading, type Matrix, matmul, svd, transpose } from '../../linalg/index.ts';
import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { weightedMatrices, weightedMatrixSum } from '../spaces/weighted-sums.ts';
import { scalingFactorParameter } from './iso-c.ts';
import { nearestOrthonormal, stackedRows } from './tsv-m.ts';

/**
 * Iso-CTS: the common directions of the sum, and for each task its largest directions outside of them, made orthonormal,
 * all with the mean singular value. Marczak et al. 2025, section 4.2 and algorithm 2.
 */
export const isoCts: MatrixMerger = {
  declaration: {
    id: 'iso-cts',
    label: 'Iso-CTS',
    summary:
      "As Iso-C, with the sum's smallest directions replaced by the largest ones that each adapter has outside of it.",
    paper: {
      title: 'No Task Left Behind: Isotropic Model Merging with Common and Task-Specific Subspaces',
      url: 'https://arxiv.org/abs/2502.04959',
    },
    parameters: [
      {
        name: 'common_space_fraction',
        label: 'Common share',
        type: 'number',
        default: 0.8,
        minimum: 0,
        maximum: 1,
        step: 0.05,
        help: 'Share of the directions that are taken from the sum; the rest is divided among the adapters.',
      },
      scalingFactorParameter,
    ],
  },
  needs: { changesSingle: true },
  mergeMatrices(matrices, weights, { common_space_fraction, scaling_factor }) {
    const [rows = 0, columns = 0] = matrices[0]?.shape ?? [];
    const least = Math.min(rows, columns);
    const own = ownDirections(least, matrices.length, Number(common_space_fraction ?? 0.8));
    const common = leadingOf(weightedMatrixSum(matrices, weights), least - own * matrices.length);
    const parts = weightedMatrices(matrices, weights).map((matrix) => leadingOf(without(matrix, common.u), own));
    const all = [...parts, common];
    const left = nearestOrthonormal(
      stackedRows(
        all.map(({ u }) => u.data),
        rows,
      ),
    );
    const right = nearestOrthonormal(
      stackedRows(
        all.map(({ vt }) => vt.data),
        columns,
      ),
    );
    const values = all.flatMap(({ s }) => [...s]);
    const mean = values.reduce((total, value) => total + value, 0) / Math.max(1, values.length);
    const factor = Number(scaling_factor ?? 1) * mean;
    return matmul(transpose(left), { shape: right.shape, data: right.data.map((value) => factor * value) });
  },
};

/** Directions of each task, so that they and the common ones fill the space: the released code's rounding, half to even. */
function ownDirections(least: number, tasks: number, fraction: number): number {
  const share = (least - Math.trunc(least * fraction)) / tasks;
  const below = Math.floor(share);
  if (share - below === 0.5) return below + (below % 2);
  return Math.round(share);
}

/** The `count` largest singular values, with the left vectors as rows. */
function leadingOf(matrix: Matrix, count: number): { u: Matrix; s: Float64Array; vt: Matrix } {
  const { u, s, vt } = leading(svd(matrix), count);
  return { u: transpose(u), s, vt };
}

/** matrix − C·Cᵀ·matrix, C the columns given as rows. */
function without(matrix: Matrix, directions: Matrix): Matrix {
  const projected = matmul(transpose(directions), matmul(directions, matrix));
  return { shape: matrix.shape, data: matrix.data.map((value, at) => value - (projected.data[at] ?? 0)) };
}
