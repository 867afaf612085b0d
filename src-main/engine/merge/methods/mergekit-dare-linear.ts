import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { densities, lambdaParameter, normalizeParameter, rescaleParameter } from '../spaces/mergekit-parameters.ts';
import { keepAtRandom } from '../spaces/task-vectors.ts';
import { generalizedTaskArithmetic } from './generalized-task-arithmetic.ts';
import { seedParameter } from './parameters.ts';

/** DARE on ΔW by mergekit's rules. Yu et al. 2023; mergekit's method "dare_linear". */
export const mergekitDareLinear: MatrixMerger = {
  declaration: {
    id: 'mergekit-dare-linear',
    label: 'DARE linear (mergekit)',
    summary: "Drops entries of each weight update at random and restores its L1 norm, then adds, by mergekit's rules.",
    paper: {
      title: 'Language Models are Super Mario: Absorbing Abilities from Homologous Models as a Free Lunch',
      url: 'https://arxiv.org/abs/2311.03099',
    },
    parameters: [
      densities('Probability to keep an entry.'),
      normalizeParameter(false),
      rescaleParameter(true),
      lambdaParameter,
      seedParameter,
    ],
  },
  mergeMatrices: generalizedTaskArithmetic((share) => keepAtRandom(share('density')), { elects: false }),
};
