import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { densities, lambdaParameter, normalizeParameter, rescaleParameter } from '../spaces/mergekit-parameters.ts';
import { keepLargest } from '../spaces/task-vectors.ts';
import { generalizedTaskArithmetic } from './generalized-task-arithmetic.ts';

/** TIES on ΔW by mergekit's rules: signs are elected after weighting. Yadav et al. 2023; mergekit's method "ties". */
export const mergekitTies: MatrixMerger = {
  declaration: {
    id: 'mergekit-ties',
    label: 'TIES (mergekit)',
    summary:
      "TIES on the weight updates by mergekit's rules: signs are elected after weighting, and the sum is divided by the weights that agree.",
    paper: {
      title: 'TIES-Merging: Resolving Interference When Merging Models',
      url: 'https://arxiv.org/abs/2306.01708',
    },
    parameters: [
      densities('Share of the entries of each ΔW that are kept, largest first.'),
      normalizeParameter(true),
      rescaleParameter(false),
      lambdaParameter,
    ],
  },
  // mergekit keeps at least one entry.
  mergeMatrices: generalizedTaskArithmetic((share) => keepLargest(share('density'), 1), { elects: true }),
};
