import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { keepAtRandom, mergeTaskVectors } from '../spaces/task-vectors.ts';
import { densityParameter, majoritySign, majoritySignParameter, seedParameter } from './parameters.ts';

/**
 * DARE before TIES's election on ΔW, as PEFT's add_weighted_adapter with combination_type "dare_ties_svd". Yu et al.
 * 2023.
 */
export const dareTiesSvd: MatrixMerger = {
  declaration: {
    id: 'dare-ties-svd',
    label: 'DARE-TIES on ΔW',
    summary:
      'Drops entries of each weight update at random, then elects signs and averages as TIES does; cut to a rank by SVD.',
    paper: {
      title: 'Language Models are Super Mario: Absorbing Abilities from Homologous Models as a Free Lunch',
      url: 'https://arxiv.org/abs/2311.03099',
    },
    parameters: [
      densityParameter(0.5, 'Probability to keep an entry; kept entries are divided by it.'),
      majoritySignParameter,
      seedParameter,
    ],
  },
  mergeMatrices(matrices, weights, { density, majority_sign_method }, draws) {
    const consensus = { by: majoritySign(majority_sign_method), weighted: false };
    const [sparsify, rescale] = [keepAtRandom(Number(density)), 1 / Number(density)];
    const steps = { sparsify, rescale, consensus, normalize: 'count' } as const;
    return { shape: matrices[0]?.shape ?? [], data: mergeTaskVectors(matrices, weights, steps, draws) };
  },
};
