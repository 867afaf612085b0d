import { sum } from '../merge-method.ts';
import type { Combination } from '../spaces/combination.ts';
import { lambdaParameter, normalizeParameter } from '../spaces/mergekit-parameters.ts';

/** λ·Σ wᵢ·ΔWᵢ. Ilharco et al. 2023; mergekit's method "task_arithmetic". */
export const taskArithmetic: Combination = {
  declaration: {
    id: 'task-arithmetic',
    label: 'Task arithmetic',
    summary:
      'Adds the weight updates, each times its weight; a negative weight takes a task away. Exact for any ranks.',
    paper: { title: 'Editing Models with Task Arithmetic', url: 'https://arxiv.org/abs/2212.04089' },
    parameters: [lambdaParameter, normalizeParameter(false)],
  },
  needs: { equalTargets: false, negativeWeights: true, normalized: () => false },
  usesProducts: false,
  coefficients: (_gram, weights, { lambda, normalize }) => {
    const total = sum(weights);
    const divisor = normalize !== true || Math.abs(total) < 1e-8 ? 1 : total;
    return weights.map((weight) => (Number(lambda) * weight) / divisor);
  },
};
