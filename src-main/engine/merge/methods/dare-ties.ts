import type { ModuleMergeMethod } from '../merge-method.ts';
import { mergeFactors } from '../spaces/merge-factors.ts';
import { keepAtRandom } from '../spaces/task-vectors.ts';
import { densityParameter, majoritySign, majoritySignParameter, seedParameter } from './parameters.ts';

/**
 * DARE before TIES's election, on the factors, as PEFT's add_weighted_adapter with combination_type "dare_ties". Yu et
 * al. 2023.
 */
export const dareTies: ModuleMergeMethod = {
  declaration: {
    id: 'dare-ties',
    label: 'DARE-TIES',
    summary:
      'Drops entries of each factor at random and scales up the rest, then elects signs and averages as TIES does.',
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
  makes: 'adapter',
  needs: { equalRanks: true, equalTargets: false, negativeWeights: true, normalized: () => false },
  mergeModule(updates, weights, { density, majority_sign_method }, context) {
    const consensus = { by: majoritySign(majority_sign_method), weighted: false };
    const [sparsify, rescale] = [keepAtRandom(Number(density)), 1 / Number(density)];
    return mergeFactors(updates, weights, { sparsify, rescale, consensus, normalize: 'count' }, context);
  },
};
