import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';
import { type Matrix, type MatrixLike, matmul, svd } from '../../linalg/index.ts';
import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { weightedMatrixSum } from '../spaces/weighted-sums.ts';

/** Singular values below this share of the largest belong to no direction of the update. */
const negligible = 1e-6;

export const scalingFactorParameter: ParameterSpec = {
  name: 'scaling_factor',
  label: 'Scaling factor',
  type: 'number',
  default: 1,
  above: 0,
  step: 0.1,
  help: 'Multiplies the merged update.',
};

/**
 * Iso-C: the sum of the updates with all its singular values replaced by their mean. Marczak et al. 2025, section 4.1.
 * A low-rank update has as many singular values as its rank: directions it has not are not made up.
 */
export const isoC: MatrixMerger = {
  declaration: {
    id: 'iso-c',
    label: 'Iso-C',
    summary: 'Adds the updates and replaces the singular values of the sum by their mean, so that no task dominates.',
    paper: {
      title: 'No Task Left Behind: Isotropic Model Merging with Common and Task-Specific Subspaces',
      url: 'https://arxiv.org/abs/2502.04959',
    },
    parameters: [scalingFactorParameter],
  },
  needs: { changesSingle: true },
  axisFree: () => true,
  mergeMatrices(matrices, weights, { scaling_factor }) {
    return isotropic(weightedMatrixSum(matrices, weights), Number(scaling_factor ?? 1));
  },
};

/** factor · mean(σ) · U·Vᵀ over the directions that the matrix has. */
function isotropic(matrix: MatrixLike, factor: number): Matrix {
  const { u, s, vt } = svd(matrix);
  const [rank, columns] = vt.shape;
  const kept = s.filter((value) => value > negligible * (s[0] ?? 0));
  const mean = kept.reduce((total, value) => total + value, 0) / Math.max(1, kept.length);
  const data = new Float64Array(rank * columns);
  for (let at = 0; at < kept.length * columns; at++) data[at] = factor * mean * (vt.data[at] ?? 0);
  return matmul(u, { shape: [rank, columns], data });
}
