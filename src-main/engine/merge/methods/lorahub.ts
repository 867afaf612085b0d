import type { AdapterMergeMethod, AdapterUpdate, LowRankUpdate } from '../merge-method.ts';
import { searchByCma } from '../search/search-by-cma.ts';
import { factorWeights } from '../spaces/factor-weights.ts';
import { weightedSum } from '../spaces/weighted-sums.ts';
import { keepModules } from './kept-modules.ts';
import { seedParameter } from './parameters.ts';

/**
 * LoraHub: A = Σ wᵢ·Aᵢ and B = Σ wᵢ·Bᵢ with the weights of least loss on a few examples + regularization, found without
 * gradients. Huang et al. 2024, section 3. The authors use nevergrad's NGOpt, a portfolio; here it is CMA-ES. The
 * penalty is the mean of |wᵢ|, as in the released code.
 */
export const loraHub: AdapterMergeMethod = {
  declaration: {
    id: 'lorahub',
    label: 'LoraHub',
    summary: 'Sums the factors with the weights that have the least loss on a few examples, found by CMA-ES.',
    paper: {
      title: 'LoraHub: Efficient Cross-Task Generalization via Dynamic LoRA Composition',
      url: 'https://arxiv.org/abs/2307.13269',
    },
    parameters: [
      {
        name: 'max_inference_step',
        label: 'Evaluations',
        type: 'integer',
        default: 40,
        minimum: 1,
        maximum: 10000,
        step: 10,
        help: 'Sets of weights that are tried, each on all tuning examples.',
      },
      {
        name: 'bound',
        label: 'Bound of the weights',
        type: 'number',
        default: 1.5,
        above: 0,
        step: 0.5,
        help: 'Weights stay between minus and plus this.',
      },
      {
        name: 'alpha',
        label: 'Weight of the penalty',
        type: 'number',
        default: 0.05,
        minimum: 0,
        step: 0.05,
        help: 'Multiplies the mean of |weight|, which is added to the loss.',
      },
      seedParameter,
    ],
  },
  makes: 'adapter',
  needs: {
    equalRanks: true,
    equalTargets: true,
    negativeWeights: true,
    normalized: () => false,
    data: 'loss',
    changesSingle: true,
  },
  async prepare(pass) {
    const { parameters, data, adapters } = pass;
    const kept = await keepModules(pass);
    const [bound, alpha] = [Number(parameters['bound']), Number(parameters['alpha'])];
    const evaluations = Number(parameters['max_inference_step']);
    const objective = async (point: Float64Array, index: number) => {
      await pass.progress('Searching weights', index, evaluations);
      const candidate = new Map(kept.map(({ name, updates, weights }) => [name, compose(updates, weights, point)]));
      const { loss } = await data.loss(candidate, { objective: 'task' });
      return loss + alpha * meanMagnitude(point);
    };
    const found = await searchByCma(objective, {
      mean: adapters.map(() => 0),
      sigma: bound / 5,
      bounds: { lower: -bound, upper: bound },
      evaluations,
      draws: pass.random('search'),
    });
    pass.note(
      `Weights found: ${[...found.point].map((weight) => weight.toFixed(3)).join(', ')}; objective ${found.value.toFixed(4)} on the tuning examples.`,
    );
    return (updates, weights) => compose(updates, weights, found.point);
  },
};

/** A = Σ wᵢ·Aᵢ and B = Σ wᵢ·Bᵢ: √scaling is in either factor, and so is the weight that was found. */
export function compose(
  updates: readonly AdapterUpdate[],
  given: readonly number[],
  found: ArrayLike<number>,
): LowRankUpdate {
  const shares = factorWeights(updates, given);
  const merged = (part: 'a' | 'b') =>
    weightedSum(
      updates.map((update) => update[part]),
      shares[part].map((share, index) => share * (found[index] ?? 0)),
    );
  return { a: merged('a'), b: merged('b'), rank: updates[0]?.rank ?? 0, scaling: 1 };
}

function meanMagnitude(values: Float64Array): number {
  return values.reduce((total, value) => total + Math.abs(value), 0) / Math.max(1, values.length);
}
