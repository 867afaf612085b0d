import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import {
  checkEpsilon,
  densities,
  epsilons,
  lambdaParameter,
  normalizeParameter,
  rescaleParameter,
} from '../spaces/mergekit-parameters.ts';
import { keepByRank } from '../spaces/task-vectors.ts';
import { generalizedTaskArithmetic } from './generalized-task-arithmetic.ts';
import { seedParameter } from './parameters.ts';

/** MAGPRUNE before TIES's election on ΔW. Deep et al. 2024; mergekit's method "della". */
export const della: MatrixMerger = {
  declaration: {
    id: 'della',
    label: 'DELLA',
    summary:
      'Drops entries of each weight update at random, the smaller ones of a row more often, then elects signs as TIES does.',
    paper: {
      title: 'DELLA-Merging: Reducing Interference in Model Merging through Magnitude-Based Sampling',
      url: 'https://arxiv.org/abs/2406.11617',
    },
    parameters: [
      densities('Mean probability to keep an entry.'),
      epsilons,
      normalizeParameter(true),
      rescaleParameter(true),
      lambdaParameter,
      seedParameter,
    ],
  },
  needs: { check: (parameters) => checkEpsilon('DELLA', parameters) },
  mergeMatrices: generalizedTaskArithmetic((share) => keepByRank(share('density'), share('epsilon')), { elects: true }),
};
