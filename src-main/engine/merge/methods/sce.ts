import { keepLargestMagnitudes } from '../../tensors/largest-magnitudes.ts';
import { sum } from '../merge-method.ts';
import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { rowBlocks, type TaskVector } from '../spaces/task-vectors.ts';

/**
 * Select, calculate, erase: the entries with the largest variance over the adapters stay, each adapter counts with the
 * square of what it has there, entries against the majority are erased. Wan et al. 2024, FuseChat 3.3; mergekit's "sce".
 */
export const sce: MatrixMerger = {
  declaration: {
    id: 'sce',
    label: 'SCE',
    summary:
      'Keeps the entries of ΔW in which the adapters differ most, weighs adapters by their size there, and drops minority signs.',
    paper: { title: 'FuseChat: Knowledge Fusion of Chat Models', url: 'https://arxiv.org/abs/2408.07990' },
    parameters: [
      {
        name: 'select_topk',
        label: 'Share that is selected',
        type: 'number',
        default: 1,
        minimum: 0.01,
        maximum: 1,
        step: 0.05,
        help: 'Share of the entries with a variance above zero that are kept, largest variance first.',
      },
    ],
  },
  needs: { ignoresWeights: true },
  mergeMatrices(matrices, _weights, { select_topk }) {
    const [rows = 0, columns = 0] = matrices[0]?.shape ?? [];
    const share = Number(select_topk);
    const selected = share < 1 ? largestVariances(matrices, rows * columns, share) : null;
    const squares = matrices.map(() => 0);
    for (const { vectors, start } of rowBlocks(matrices))
      for (const [index, vector] of vectors.entries()) {
        let total = 0;
        for (let at = 0; at < vector.length; at++)
          if (selected === null || selected[start + at] !== 0) total += (vector[at] ?? 0) ** 2;
        squares[index] = (squares[index] ?? 0) + total;
      }
    const total = sum(squares);
    const shares = squares.map((square) => (total === 0 ? 1 / matrices.length : square / total));
    const data = new Float32Array(rows * columns);
    for (const { vectors, start } of rowBlocks(matrices)) {
      const length = vectors[0]?.length ?? 0;
      const [balances, sums, divisors] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)];
      for (const vector of vectors)
        for (let at = 0; at < length; at++) balances[at] = (balances[at] ?? 0) + (vector[at] ?? 0);
      for (const [index, vector] of vectors.entries()) {
        const own = shares[index] ?? 0;
        for (let at = 0; at < length; at++) {
          const value = vector[at] ?? 0;
          if (value === 0 || value > 0 !== (balances[at] ?? 0) >= 0) continue;
          sums[at] = (sums[at] ?? 0) + own * value;
          divisors[at] = (divisors[at] ?? 0) + own;
        }
      }
      for (let at = 0; at < length; at++)
        if (selected === null || selected[start + at] !== 0)
          data[start + at] = (sums[at] ?? 0) / Math.max(1e-6, divisors[at] ?? 0);
    }
    return { shape: [rows, columns], data };
  },
};

/** Variances of the entries over the adapters, all but the largest ⌊share · non-zero⌋ set to zero. */
function largestVariances(matrices: readonly TaskVector[], length: number, share: number): Float32Array {
  const variances = new Float32Array(length);
  let nonZero = 0;
  for (const { vectors, start } of rowBlocks(matrices)) {
    const count = vectors[0]?.length ?? 0;
    const [means, squares] = [new Float64Array(count), new Float64Array(count)];
    for (const vector of vectors) for (let at = 0; at < count; at++) means[at] = (means[at] ?? 0) + (vector[at] ?? 0);
    for (let at = 0; at < count; at++) means[at] = (means[at] ?? 0) / vectors.length;
    for (const vector of vectors)
      for (let at = 0; at < count; at++) squares[at] = (squares[at] ?? 0) + ((vector[at] ?? 0) - (means[at] ?? 0)) ** 2;
    for (let at = 0; at < count; at++) {
      variances[start + at] = (squares[at] ?? 0) / vectors.length;
      if (variances[start + at] !== 0) nonZero++;
    }
  }
  keepLargestMagnitudes(variances, Math.trunc(nonZero * share));
  return variances;
}
