import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import {
  densities,
  gammas,
  lambdaParameter,
  normalizeParameter,
  rescaleParameter,
} from '../spaces/mergekit-parameters.ts';
import { keepMiddle } from '../spaces/task-vectors.ts';
import { generalizedTaskArithmetic } from './generalized-task-arithmetic.ts';

/** Model Breadcrumbs on ΔW. Davari and Belilovsky 2023; mergekit's method "breadcrumbs". */
export const breadcrumbs: MatrixMerger = {
  declaration: {
    id: 'breadcrumbs',
    label: 'Model Breadcrumbs',
    summary: 'Drops the smallest entries of each weight update and the very largest as outliers, then adds.',
    paper: {
      title: 'Model Breadcrumbs: Scaling Multi-Task Model Merging with Sparse Masks',
      url: 'https://arxiv.org/abs/2312.06795',
    },
    parameters: [
      densities('Share of the entries of each ΔW that are kept.'),
      gammas,
      normalizeParameter(false),
      rescaleParameter(false),
      lambdaParameter,
    ],
  },
  mergeMatrices: generalizedTaskArithmetic((share) => keepMiddle(share('density'), share('gamma')), { elects: false }),
};
