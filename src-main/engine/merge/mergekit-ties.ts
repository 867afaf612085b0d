import { generalizedTaskArithmetic } from './generalized-task-arithmetic.ts';
import type { MatrixMerger } from './matrix-merger.ts';
import { densities, lambdaParameter, normalizeParameter, rescaleParameter, valueFor } from './mergekit-parameters.ts';
import { keepLargest } from './task-vectors.ts';

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
  mergeMatrices(matrices, weights, parameters, draws) {
    const { density } = parameters;
    // mergekit keeps at least one entry.
    const sparsify = keepLargest((place) => valueFor(density, place), 1);
    return generalizedTaskArithmetic(matrices, weights, parameters, { sparsify, elects: true }, draws);
  },
};
