import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { ModuleState } from '../adapters/variant/state.ts';
import { type Svd, svdOfProduct } from '../linalg/index.ts';
import { countEntries, keepModules, type PruneMethod, refuseNotFinite, requirePlainFactors } from './prune-method.ts';
import { cutModule } from './svd.ts';

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
 * Cuts every module's ΔW = s·B·A = U·Σ·Vᵀ at one threshold over the singular values of all modules: that of the ⌈share · n⌉th
 * largest of n. B becomes U·√(Σ⁄s) and A becomes √(Σ⁄s)·Vᵀ, with unchanged scaling. The earlier module
 * keeps its value where several equal the threshold. Task heads, biases and DoRA's magnitudes are unchanged.
 */
export const para: PruneMethod = {
  declaration,
  check: (adapter) => requirePlainFactors(adapter, declaration.label),
  prune(state, _description, given) {
    const { kept_ranks: share } = checkedParameters(declaration, given);
    requirePlainFactors(state, declaration.label);
    refuseNotFinite(state);
    const whole = new Map<string, Svd>();
    for (const [name, { tensors }] of state.modules) {
      const [a, b] = [tensors.get('a'), tensors.get('b')];
      if (a && b) whole.set(name, svdOfProduct(b, a));
    }
    const values = [...whole].flatMap(([name, { s }]) => {
      const scaling = Math.abs(state.modules.get(name)?.scaling ?? 1);
      return Array.from(s, (value) => ({ name, value: scaling * value }));
    });
    const count = Math.min(values.length, Math.ceil(Number(share) * values.length - 1e-9));
    const kept = values.sort((one, other) => other.value - one.value).slice(0, count);
    const ranks = Map.groupBy(kept, ({ name }) => name);
    const modules = new Map<string, ModuleState>();
    for (const [name, module] of state.modules) {
      const [svd, rank = 0] = [whole.get(name), ranks.get(name)?.length];
      if (svd === undefined || rank === 0) continue;
      modules.set(name, cutModule(module, svd, rank));
    }
    const left = keepModules(state, new Set(modules.keys()));
    const sizes = [...modules.values()].map(({ rank }) => rank ?? 0);
    return {
      state: { ...left.state, modules },
      kept: countEntries(modules),
      total: left.total,
      note: `Ranks from ${Math.min(...sizes)} to ${Math.max(...sizes)}; ${state.modules.size - modules.size} of ${state.modules.size} modules removed.`,
    };
  },
};
