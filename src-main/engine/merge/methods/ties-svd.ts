import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { keepLargest, mergeTaskVectors } from '../spaces/task-vectors.ts';
import { densityParameter, majoritySign, majoritySignParameter } from './parameters.ts';

/** TIES on ΔW, as PEFT's add_weighted_adapter with combination_type "ties_svd". Yadav et al. 2023. */
export const tiesSvd: MatrixMerger = {
  declaration: {
    id: 'ties-svd',
    label: 'TIES on ΔW',
    summary: 'TIES on the weight updates instead of the factors; the result is cut to a rank by SVD. Any ranks.',
    paper: {
      title: 'TIES-Merging: Resolving Interference When Merging Models',
      url: 'https://arxiv.org/abs/2306.01708',
    },
    parameters: [
      densityParameter(0.2, 'Share of the entries of each ΔW that are kept, largest first.'),
      majoritySignParameter,
    ],
  },
  mergeMatrices(matrices, weights, { density, majority_sign_method }, draws) {
    const consensus = { by: majoritySign(majority_sign_method), weighted: false };
    const steps = { sparsify: keepLargest(Number(density)), consensus, normalize: 'count' } as const;
    return { shape: matrices[0]?.shape ?? [], data: mergeTaskVectors(matrices, weights, steps, draws) };
  },
};
