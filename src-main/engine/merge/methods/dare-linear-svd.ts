import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { keepAtRandom, mergeTaskVectors } from '../spaces/task-vectors.ts';
import { densityParameter, seedParameter } from './parameters.ts';

/** DARE on ΔW, as PEFT's add_weighted_adapter with combination_type "dare_linear_svd". Yu et al. 2023. */
export const dareLinearSvd: MatrixMerger = {
  declaration: {
    id: 'dare-linear-svd',
    label: 'DARE linear on ΔW',
    summary:
      'Drops entries of each weight update at random, scales up the rest and adds; the result is cut to a rank by SVD.',
    paper: {
      title: 'Language Models are Super Mario: Absorbing Abilities from Homologous Models as a Free Lunch',
      url: 'https://arxiv.org/abs/2311.03099',
    },
    parameters: [densityParameter(0.5, 'Probability to keep an entry; kept entries are divided by it.'), seedParameter],
  },
  mergeMatrices(matrices, weights, { density }, draws) {
    const steps = { sparsify: keepAtRandom(Number(density)), rescale: 1 / Number(density) };
    return { shape: matrices[0]?.shape ?? [], data: mergeTaskVectors(matrices, weights, steps, draws) };
  },
};
