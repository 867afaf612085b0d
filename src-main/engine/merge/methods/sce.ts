import { keepLargestMagnitudes } from '../../tensors/largest-magnitudes.ts';
import { sum } from '../merge-method.ts';
import { energyOf } from '../spaces/cut-rank.ts';
import type { MatrixMerger } from '../spaces/matrix-merger.ts';

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
    const [first] = matrices;
    const length = first?.data.length ?? 0;
    const vectors = matrices.map(({ data }) => Float64Array.from(data));
    const share = Number(select_topk);
    const selected = share < 1 ? largestVariances(vectors, length, share) : null;
    if (selected)
      for (const vector of vectors) for (let at = 0; at < length; at++) if (selected[at] === 0) vector[at] = 0;
    const squares = vectors.map(energyOf);
    const total = sum(squares);
    const shares = squares.map((square) => (total === 0 ? 1 / vectors.length : square / total));
    const data = new Float32Array(length);
    for (let at = 0; at < length; at++) {
      let balance = 0;
      for (const vector of vectors) balance += vector[at] ?? 0;
      const sign = balance >= 0 ? 1 : -1;
      let [merged, divisor] = [0, 0];
      for (let index = 0; index < vectors.length; index++) {
        const value = vectors[index]?.[at] ?? 0;
        if (Math.sign(value) !== sign) continue;
        merged += (shares[index] ?? 0) * value;
        divisor += shares[index] ?? 0;
      }
      data[at] = merged / Math.max(1e-6, divisor);
    }
    return { shape: first?.shape ?? [], data };
  },
};

/** Variances of the entries over the adapters, all but the largest ⌊share · non-zero⌋ set to zero. */
function largestVariances(vectors: readonly Float64Array[], length: number, share: number): Float32Array {
  const variances = new Float32Array(length);
  let nonZero = 0;
  for (let at = 0; at < length; at++) {
    let [total, squares] = [0, 0];
    for (const vector of vectors) total += vector[at] ?? 0;
    const mean = total / vectors.length;
    for (const vector of vectors) squares += ((vector[at] ?? 0) - mean) ** 2;
    variances[at] = squares / vectors.length;
    if (variances[at] !== 0) nonZero++;
  }
  keepLargestMagnitudes(variances, Math.trunc(nonZero * share));
  return variances;
}
