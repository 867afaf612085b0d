import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { keepLargest, mergeTaskVectors } from '../spaces/task-vectors.ts';
import { densityParameter } from './parameters.ts';

/** The largest entries of each ΔW are added, as PEFT's combination_type "magnitude_prune_svd". */
export const magnitudePruneSvd: MatrixMerger = {
  declaration: {
    id: 'magnitude-prune-svd',
    label: 'Magnitude prune on ΔW',
    summary: 'Keeps the largest entries of each weight update and adds them; the result is cut to a rank by SVD.',
    parameters: [densityParameter(0.5, 'Share of the entries of each ΔW that are kept, largest first.')],
  },
  mergeMatrices(matrices, weights, { density }, draws) {
    const steps = { sparsify: keepLargest(Number(density)) };
    return { shape: matrices[0]?.shape ?? [], data: mergeTaskVectors(matrices, weights, steps, draws) };
  },
};
