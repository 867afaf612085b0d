import { type AdapterMergeMethod, type AdapterUpdate, anyAdapters, type LowRankUpdate } from '../merge-method.ts';
import { Adam } from './adam.ts';
import { type KeptModule, keepModules, sideBySide } from './kept-modules.ts';

/**
 * AdaMerging: ΔW = Σ λᵢ·ΔWᵢ with coefficients by layer and adapter that make the predictions on unlabeled examples certain
 * (least mean entropy). Yang et al. 2024, sections 3.2 and 3.3.
 */
export const adaMerging: AdapterMergeMethod = {
  declaration: {
    id: 'adamerging',
    label: 'AdaMerging',
    summary:
      'Trains a coefficient for each adapter and layer to the least entropy of the predictions; needs no labels.',
    paper: {
      title: 'AdaMerging: Adaptive Model Merging for Multi-Task Learning',
      url: 'https://arxiv.org/abs/2310.02575',
    },
    parameters: [
      {
        name: 'granularity',
        label: 'A coefficient for each adapter and',
        type: 'choice',
        default: 'layer',
        choices: [
          { value: 'task', label: 'Nothing else (task-wise)' },
          { value: 'layer', label: 'Layer (layer-wise)' },
          { value: 'module', label: 'Module' },
        ],
        help: 'How many coefficients are trained.',
      },
      {
        name: 'init_values',
        label: 'First value',
        type: 'number',
        default: 0.3,
        step: 0.1,
        help: "Of every coefficient; an adapter's weight multiplies it.",
      },
      {
        name: 'lr',
        label: 'Learning rate',
        type: 'number',
        default: 0.001,
        above: 0,
        step: 0.001,
        help: 'Of Adam on the coefficients.',
      },
      {
        name: 'max_steps',
        label: 'Steps',
        type: 'integer',
        default: 1000,
        minimum: 1,
        maximum: 100000,
        step: 100,
        help: 'Each step takes one batch of the tuning examples of every adapter.',
      },
      {
        name: 'clamp_weights',
        label: 'Keep coefficients in 0 to 1',
        type: 'boolean',
        default: false,
        help: 'Clamps the coefficients after each step.',
      },
    ],
  },
  makes: 'adapter',
  needs: {
    ...anyAdapters,
    data: 'loss',
    changesSingle: true,
  },
  async prepare(pass) {
    const { parameters, data, adapters } = pass;
    const kept = await keepModules(pass);
    const groupOf = groupsBy(String(parameters['granularity']));
    const groups = [...new Set(kept.map(groupOf))];
    const [steps, clamps] = [Number(parameters['max_steps']), parameters['clamp_weights'] === true];
    // [groups, adapters]; an adapter's place in the request is its column.
    const width = Math.max(...adapters) + 1;
    const coefficients = new Float64Array(groups.length * width).fill(Number(parameters['init_values']));
    const adam = new Adam(coefficients.length, Number(parameters['lr']));
    const placeOf = (module: KeptModule, { adapter }: AdapterUpdate) =>
      groups.indexOf(groupOf(module)) * width + adapter;
    const merged = (module: KeptModule, updates = module.updates, weights = module.weights): LowRankUpdate =>
      scaledUpdates(
        updates,
        updates.map((update, index) => (weights[index] ?? 0) * (coefficients[placeOf(module, update)] ?? 0)),
      );
    let entropy = Number.NaN;
    for (let step = 0; step < steps; step++) {
      const candidate = new Map(kept.map((module) => [module.name, merged(module)]));
      const gradient = new Float64Array(coefficients.length);
      entropy = 0;
      for (const adapter of adapters) {
        const found = await data.loss(candidate, { objective: 'entropy', adapter, batch: step, gradients: true });
        entropy += found.loss / adapters.length;
        for (const module of kept) {
          const ofB = found.gradients?.get(module.name)?.b.data ?? [];
          for (const [index, slope] of slopes(module.updates, ofB).entries()) {
            const update = module.updates[index];
            if (!update) continue;
            const place = placeOf(module, update);
            gradient[place] = (gradient[place] ?? 0) + (module.weights[index] ?? 0) * slope;
          }
        }
      }
      adam.step(coefficients, gradient);
      if (clamps) for (const [at, value] of coefficients.entries()) coefficients[at] = Math.min(1, Math.max(0, value));
      await pass.progress('Training coefficients', step + 1, steps);
    }
    pass.note(
      `Coefficients from ${Math.min(...coefficients).toFixed(3)} to ${Math.max(...coefficients).toFixed(3)}; mean entropy of the last batches ${entropy.toPrecision(4)}.`,
    );
    const known = new Map(kept.map((module) => [module.name, module]));
    return (updates, weights, _parameters, { name }) => {
      const module = known.get(name);
      if (!module) throw new Error(`${name} was not in the first pass`);
      return merged(module, updates, weights);
    };
  },
};

function groupsBy(granularity: string): (module: KeptModule) => string {
  if (granularity === 'task') return () => 'all';
  return ({ name, layer }) => (granularity === 'layer' && layer !== null ? `layer ${layer}` : name);
}

/** [A₁; A₂] and [c₁·s₁·B₁, c₂·s₂·B₂]. */
export function scaledUpdates(updates: readonly AdapterUpdate[], factors: readonly number[]): LowRankUpdate {
  return sideBySide(
    updates,
    () => 1,
    (index) => (factors[index] ?? 0) * (updates[index]?.scaling ?? 1),
  );
}

/** ∂loss/∂cᵢ = Σ (∂loss/∂B ⊙ sᵢ·Bᵢ) over the columns of adapter i. */
function slopes(updates: readonly AdapterUpdate[], ofB: ArrayLike<number>): number[] {
  const rank = updates.reduce((total, update) => total + update.rank, 0);
  let first = 0;
  return updates.map(({ b, rank: own, scaling }) => {
    let sum = 0;
    for (let at = 0; at < b.data.length; at++)
      sum += (ofB[Math.floor(at / own) * rank + first + (at % own)] ?? 0) * scaling * (b.data[at] ?? 0);
    first += own;
    return sum;
  });
}
