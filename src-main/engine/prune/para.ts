import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { type PruneMethod, requirePlainFactors } from './prune-method.ts';
import { cutTogether } from './svd.ts';

const declaration: PruneDeclaration = {
  id: 'para',
  label: 'PARA',
  summary:
    'Keeps the largest singular values of all modules together, so that each module gets the rank that it needs.',
  paper: {
    title: 'Post-Optimization Adaptive Rank Allocation for LoRA',
    url: 'https://arxiv.org/abs/2604.27796',
  },
  parameters: [
    {
      name: 'kept_ranks',
      label: 'Kept share of ranks',
      type: 'number',
      default: 0.25,
      above: 0,
      maximum: 1,
      step: 0.05,
      help: 'Share of the singular values of all modules that stay, the largest first. A module without one is removed.',
    },
  ],
  patterns: [],
  grid: {
    parameter: 'kept_ranks',
    values: [],
    label: '{value} of the ranks by PARA',
    percent: true,
    axis: 'share of the ranks that is kept',
    unchanged: 1,
  },
};

/**
 * Cuts every module's ΔW at one threshold over the singular values of all modules: that of the ⌈share · n⌉th largest of n.
 * The earlier module keeps its value where several equal the threshold.
 */
export const para: PruneMethod = {
  declaration,
  check: (adapter) => requirePlainFactors(adapter, declaration.label),
  prune(state, _description, given) {
    const { kept_ranks: share } = checkedParameters(declaration, given);
    return cutTogether(state, declaration.label, (directions) => {
      const count = Math.min(directions.length, Math.ceil(Number(share) * directions.length - 1e-9));
      return directions.toSorted((one, other) => other.value - one.value).slice(0, count);
    });
  },
};
