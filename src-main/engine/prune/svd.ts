import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { ModuleState } from '../adapters/variant/state.ts';
import { factorsOfSvd, leading, type Svd, svdOfProduct } from '../linalg/index.ts';
import { countEntries, type PruneMethod, refuseNotFinite, requirePlainFactors } from './prune-method.ts';

const declaration: PruneDeclaration = {
  id: 'svd',
  label: 'SVD rank truncation',
  summary: "Cuts each module's B·A to a lower rank: the best approximation of that rank.",
  parameters: [
    {
      name: 'rank',
      label: 'Rank',
      type: 'integer',
      default: null,
      nullable: true,
      empty: 'determined by the energy share',
      minimum: 1,
      maximum: 1024,
      step: 1,
      help: 'Singular values that each module keeps; a module of a lower rank keeps its own. If set, the energy share is ignored.',
    },
    {
      name: 'energy',
      label: 'Energy share',
      type: 'number',
      default: 0.9,
      above: 0,
      maximum: 1,
      step: 0.01,
      help: 'Each module keeps the fewest singular values whose squares reach this share of their sum.',
    },
  ],
  patterns: [1, 2, 4, 8, 16, 32].map((rank) => ({
    label: `SVD to rank ${rank}`,
    parameters: { rank },
    usual: false,
  })),
  grid: {
    parameter: 'energy',
    values: [],
    label: 'SVD to {value} of the energy',
    percent: true,
    axis: 'share of the energy that is kept',
    unchanged: 1,
  },
};

/**
 * Keeps the largest singular values of each module's B·A = U·S·Vᵀ, computed from the factors: B becomes U·√S and A
 * becomes √S·Vᵀ, with unchanged scaling. No matrix of that rank is closer to B·A (Eckart and Young 1936). Task heads,
 * biases and DoRA's magnitudes are unchanged.
 */
export const svd: PruneMethod = {
  declaration,
  check: (adapter) => requirePlainFactors(adapter, declaration.label),
  prune(state, _description, given) {
    const { rank, energy } = checkedParameters(declaration, given);
    requirePlainFactors(state, declaration.label);
    refuseNotFinite(state);
    const modules = new Map<string, ModuleState>();
    for (const [name, module] of state.modules) {
      const [a, b] = [module.tensors.get('a'), module.tensors.get('b')];
      if (!a || !b) continue;
      const whole = svdOfProduct(b, a);
      const kept = rank === null ? rankOfShare(whole.s, Number(energy)) : Number(rank);
      modules.set(name, cutModule(module, whole, kept));
    }
    return { state: { ...state, modules }, kept: countEntries(modules), total: countEntries(state.modules) };
  },
};

/** The module with the leading values of its B·A = U·S·Vᵀ: B becomes U·√S and A becomes √S·Vᵀ, with unchanged scaling. */
export function cutModule(module: ModuleState, whole: Svd, rank: number): ModuleState {
  const cut = leading(whole, rank);
  const tensors = new Map([...module.tensors, ...Object.entries(factorsOfSvd(cut, 1))]);
  return { ...module, rank: cut.s.length, tensors };
}

/** The smallest number of values, at least 1, whose squares reach this share of the sum of squares. */
function rankOfShare(s: Float64Array, share: number): number {
  const squares = s.map((value) => value * value);
  const wanted = share * squares.reduce((sum, square) => sum + square, 0);
  let [count, sum] = [0, 0];
  while (count < squares.length && sum < wanted) sum += squares[count++] ?? 0;
  return Math.max(1, count);
}
