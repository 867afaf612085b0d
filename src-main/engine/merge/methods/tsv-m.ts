import { type Matrix, type MatrixLike, matmul, scaledRows, svd, transpose } from '../../linalg/index.ts';
import { sum } from '../merge-method.ts';
import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { weightedMatrices } from '../spaces/weighted-sums.ts';

/** Singular values below this share of the largest belong to no direction of the update. */
const negligible = 1e-6;

/**
 * TSV-M: the largest singular vectors of each task's matrix, made orthogonal to those of the other tasks. Gargiulo et
 * al. 2025, section 4.2 and algorithm 1; the released code keeps ⌊min(rows, columns) / n⌋ of each of n tasks.
 */
export const tsvM: MatrixMerger = {
  declaration: {
    id: 'tsv-m',
    label: 'TSV-M',
    summary: "Keeps each adapter's largest singular directions and makes those of different adapters orthogonal.",
    paper: {
      title: 'Task Singular Vectors: Reducing Task Interference in Model Merging',
      url: 'https://arxiv.org/abs/2412.00081',
    },
    parameters: [],
  },
  mergeMatrices(matrices, weights) {
    const [rows = 0, columns = 0] = matrices[0]?.shape ?? [];
    const share = Math.floor(Math.min(rows, columns) / matrices.length);
    const parts = weightedMatrices(matrices, weights).map((matrix) => {
      const { u, s, vt } = svd(matrix);
      // Directions without a singular value would turn the others when they are made orthogonal.
      const kept = Math.min(share, s.filter((value) => value > negligible * (s[0] ?? 0)).length);
      return { u: transpose(u), s, vt, kept };
    });
    const stacked = (part: 'u' | 'vt', width: number) =>
      stackedRows(
        parts.map((one) => one[part].data.subarray(0, one.kept * width)),
        width,
      );
    const left = nearestOrthonormal(stacked('u', rows));
    const right = nearestOrthonormal(stacked('vt', columns));
    const values = parts.flatMap(({ s, kept }) => [...s.subarray(0, kept)]);
    return matmul(transpose(left), scaledRows(right, values));
  },
};

/**
 * The matrix with orthonormal rows that is nearest to these rows: U·Vᵀ of their singular value decomposition. Rows that
 * depend on each other, as of adapters that share A, span fewer directions: none is made up for them.
 */
export function nearestOrthonormal(matrix: MatrixLike): Matrix {
  const { u, s, vt } = svd(matrix);
  const width = vt.shape[1];
  const spanned = vt.data.map((value, at) => ((s[Math.floor(at / width)] ?? 0) > negligible * (s[0] ?? 0) ? value : 0));
  return matmul(u, { shape: vt.shape, data: spanned });
}

/** Rows of `width` values, one part below the other. */
export function stackedRows(parts: readonly Float64Array[], width: number): Matrix {
  const data = new Float64Array(sum(parts.map(({ length }) => length)));
  let at = 0;
  for (const values of parts) {
    data.set(values, at);
    at += values.length;
  }
  return { shape: [data.length / width, width], data };
}
