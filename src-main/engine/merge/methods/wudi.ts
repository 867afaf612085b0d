import { type Matrix, matmul, symmetricEigen, transpose } from '../../linalg/index.ts';
import { energyOf } from '../spaces/cut-rank.ts';
import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { weightedMatrices, weightedMatrixSum } from '../spaces/weighted-sums.ts';
import { Adam } from './adam.ts';

/** Eigenvalues below this share of the largest have no direction of their own in any update. */
const negligible = 1e-12;

/**
 * WUDI-Merging: the update τ with the least Σᵢ ‖(τ − τᵢ)·τᵢᵀ‖² / ‖τᵢ‖², the interference at the inputs that each update
 * answers to, found from Σ τᵢ. Cheng et al. 2025, equation 9; the released code's Adam, or the minimum itself.
 */
export const wudi: MatrixMerger = {
  declaration: {
    id: 'wudi',
    label: 'WUDI',
    summary: 'Moves the sum of the updates until it disturbs each adapter least on the inputs that it answers to.',
    paper: {
      title: 'Whoever Started the Interference Should End It: Guiding Data-Free Model Merging via Task Vectors',
      url: 'https://arxiv.org/abs/2503.08099',
    },
    parameters: [
      {
        name: 'solver',
        label: 'Solver',
        type: 'choice',
        default: 'adam',
        choices: [
          { value: 'adam', label: 'Adam, stopped early as in the paper' },
          { value: 'closed_form', label: 'The minimum in closed form' },
        ],
        help: 'How the merged update is found; few steps of Adam stay near the sum of the updates.',
      },
      {
        name: 'iter_num',
        label: 'Iterations',
        type: 'integer',
        default: 300,
        minimum: 1,
        maximum: 10000,
        step: 100,
        help: 'Steps of Adam.',
      },
      {
        name: 'learning_rate',
        label: 'Learning rate of Adam',
        type: 'number',
        default: 1e-5,
        above: 0,
        step: 1e-5,
        help: 'Size of a step of Adam, in units of the entries of the merged update.',
      },
    ],
  },
  // Adam moves each entry by its own gradients.
  axisFree: ({ solver }) => solver === 'closed_form',
  mergeMatrices(matrices, weights, { solver, iter_num, learning_rate }) {
    const parts = weightedMatrices(matrices, weights).filter((matrix) => energyOf(matrix.data) > 0);
    if (parts.length === 0) return weightedMatrixSum(matrices, weights);
    // The gradient of the objective is 2·(τ·P − Q).
    const grams = parts.map((matrix) => scaled(matmul(transpose(matrix), matrix), 1 / energyOf(matrix.data)));
    const ones = parts.map(() => 1);
    const p = weightedMatrixSum(grams, ones);
    const q = weightedMatrixSum(
      parts.map((matrix, index) => matmul(matrix, grams[index] ?? matrix)),
      ones,
    );
    if (solver === 'closed_form') return matmul(q, pseudoInverse(p));
    const merged = weightedMatrixSum(parts, ones);
    const adam = new Adam(merged.data.length, Number(learning_rate ?? 1e-5));
    for (let step = 0; step < Number(iter_num ?? 300); step++) {
      const product = matmul(merged, p);
      adam.step(
        merged.data,
        product.data.map((value, at) => 2 * (value - (q.data[at] ?? 0))),
      );
    }
    return merged;
  },
};

function scaled({ shape, data }: Matrix, factor: number): Matrix {
  return { shape, data: data.map((value) => value * factor) };
}

/** Pseudoinverse of a symmetric matrix without negative eigenvalues. */
function pseudoInverse(matrix: Matrix): Matrix {
  const { values, vectors } = symmetricEigen(matrix);
  const size = values.length;
  const largest = values[size - 1] ?? 0;
  const inverse = values.map((value) => (value > negligible * largest ? 1 / value : 0));
  const divided = vectors.data.map((value, at) => value * (inverse[at % size] ?? 0));
  return matmul({ shape: vectors.shape, data: divided }, transpose(vectors));
}
