import type { ModuleMergeMethod } from '../merge-method.ts';
import { mergeFactors } from '../spaces/merge-factors.ts';
import { keepAtRandom } from '../spaces/task-vectors.ts';
import { densityParameter, seedParameter } from './parameters.ts';

/** DARE on the factors, as PEFT's add_weighted_adapter with combination_type "dare_linear". Yu et al. 2023. */
export const dareLinear: ModuleMergeMethod = {
  declaration: {
    id: 'dare-linear',
    label: 'DARE linear',
    summary:
      'Drops entries of each factor at random, scales up the rest, and adds the factors as the linear merge does.',
    paper: {
      title: 'Language Models are Super Mario: Absorbing Abilities from Homologous Models as a Free Lunch',
      url: 'https://arxiv.org/abs/2311.03099',
    },
    parameters: [densityParameter(0.5, 'Probability to keep an entry; kept entries are divided by it.'), seedParameter],
  },
  makes: 'adapter',
  needs: { equalRanks: true, equalTargets: false, negativeWeights: true, normalized: () => false },
  mergeModule: (updates, weights, { density }, context) =>
    mergeFactors(updates, weights, { sparsify: keepAtRandom(Number(density)), rescale: 1 / Number(density) }, context),
};
