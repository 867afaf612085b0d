import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { type PruneMethod, requirePlainFactors } from './prune-method.ts';
import { cutTogether, type Direction } from './svd.ts';

const declaration: PruneDeclaration = {
  id: 'rank-budget',
  label: 'Rank budget',
  summary: 'Keeps of the whole update as much as a number of entries can hold, whatever ranks the modules get.',
  parameters: [
    {
      name: 'kept_entries',
      label: 'Kept share of entries',
      type: 'number',
      default: 0.25,
      above: 0,
      maximum: 1,
      step: 0.05,
      help: 'Share of the entries of all A and B that may stay. A module that gets none is removed.',
    },
  ],
  patterns: [],
  grid: {
    parameter: 'kept_entries',
    values: [],
    label: '{value} of the entries by rank budget',
    percent: true,
    axis: 'share of the entries that is kept',
    unchanged: 1,
  },
};

/**
 * Keeps singular values of all modules by falling energy per entry, σ² ⁄ (inputs + outputs), as long as the budget holds
 * them: with modules of one size the least ‖ΔW − ΔW′‖ for its entries, else within one value of it (the greedy solution of a
 * knapsack). The earlier module comes first among equals.
 */
export const rankBudget: PruneMethod = {
  declaration,
  check: (adapter) => requirePlainFactors(adapter, declaration.label),
  prune(state, _description, given) {
    const { kept_entries: share } = checkedParameters(declaration, given);
    return cutTogether(state, declaration.label, (directions) => withinBudget(directions, Number(share)));
  },
};

/** @throws StudioError refused where the budget holds no direction */
function withinBudget(directions: readonly Direction[], share: number): Direction[] {
  let left = share * directions.reduce((sum, { entries }) => sum + entries, 0) + 1e-6;
  const worth = ({ value, entries }: Direction) => value ** 2 / entries;
  const kept: Direction[] = [];
  for (const direction of directions.toSorted((one, other) => worth(other) - worth(one))) {
    if (direction.entries > left) continue;
    left -= direction.entries;
    kept.push(direction);
  }
  if (kept.length > 0) return kept;
  throw new StudioError(
    'refused',
    `${declaration.label}: ${100 * share} % of the entries hold no singular value of any module.`,
    'Keep a larger share.',
  ).at('kept_entries');
}
