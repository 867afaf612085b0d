import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { AdapterState, ModuleState } from '../adapters/variant/state.ts';
import { factorsOfSvd, leading, type Svd, svdOfProduct } from '../linalg/index.ts';
import {
  countEntries,
  keepModules,
  type Pruned,
  type PruneMethod,
  refuseNotFinite,
  requirePlainFactors,
} from './prune-method.ts';

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

/** A singular value of a module's ΔW = s·B·A. */
export interface Direction {
  readonly module: string;
  /** Scaling included. */
  readonly value: number;
  /** Entries of A and B that it takes: inputs + outputs of the module. */
  readonly entries: number;
}

/**
 * Cuts each module to as many leading singular values as `choose` keeps of it, out of those of all modules; a module
 * of which none is kept is removed. Values come by falling size within a module. B becomes U·√S and A becomes √S·Vᵀ,
 * with unchanged scaling; task heads, biases and DoRA's magnitudes are unchanged.
 */
export function cutTogether(
  state: AdapterState,
  label: string,
  choose: (directions: readonly Direction[]) => readonly Direction[],
): Pruned {
  requirePlainFactors(state, label);
  refuseNotFinite(state);
  const whole = new Map<string, Svd>();
  const directions: Direction[] = [];
  for (const [name, { tensors, scaling }] of state.modules) {
    const [a, b] = [tensors.get('a'), tensors.get('b')];
    if (!a || !b) continue;
    const svd = svdOfProduct(b, a);
    whole.set(name, svd);
    const entries = (a.shape[1] ?? 0) + (b.shape[0] ?? 0);
    for (const value of svd.s) directions.push({ module: name, value: Math.abs(scaling ?? 1) * value, entries });
  }
  const kept = Map.groupBy(choose(directions), ({ module }) => module);
  const modules = new Map<string, ModuleState>();
  for (const [name, module] of state.modules) {
    const [svd, rank = 0] = [whole.get(name), kept.get(name)?.length];
    if (svd !== undefined && rank > 0) modules.set(name, cutModule(module, svd, rank));
  }
  const left = keepModules(state, new Set(modules.keys()));
  const sizes = [...modules.values()].map(({ rank }) => rank ?? 0);
  return {
    state: { ...left.state, modules },
    kept: countEntries(modules),
    total: left.total,
    note: `Ranks from ${Math.min(...sizes)} to ${Math.max(...sizes)}; ${state.modules.size - modules.size} of ${state.modules.size} modules removed.`,
  };
}

function cutModule(module: ModuleState, whole: Svd, rank: number): ModuleState {
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
