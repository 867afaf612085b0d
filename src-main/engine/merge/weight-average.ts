import { layRows, scaleInto } from '../tensors/float-arrays.ts';
import { type ModuleMergeMethod, sum } from './merge-method.ts';

/**
 * Averages ΔW exactly: the factors are concatenated (rank Σ rᵢ), Aᵢ is multiplied by wᵢ·sᵢ, and the scaling becomes 1.
 * Without `normalize` this is PEFT's add_weighted_adapter with combination_type "cat". A module that an adapter
 * lacks counts as zero.
 */
export const weightAverage: ModuleMergeMethod = {
  declaration: {
    id: 'weight-average',
    label: 'ΔW average',
    summary: 'Averages the weight updates exactly by concatenating the factors. The ranks add up.',
    parameters: [
      {
        name: 'normalize',
        label: 'Divide by the sum of weights',
        type: 'boolean',
        default: true,
        help: 'On: an average. Off: the weighted sum, as PEFT\'s combination_type "cat".',
      },
    ],
  },
  makes: 'adapter',
  needs: {
    equalRanks: false,
    equalTargets: false,
    negativeWeights: true,
    normalized: (parameters) => parameters['normalize'] === true,
  },
  mergeModule(updates, weights, _parameters, { allocate }) {
    const rank = sum(updates.map((update) => update.rank));
    const inputs = updates[0]?.a.shape[1] ?? 0;
    const outputs = updates[0]?.b.shape[0] ?? 0;
    const a = allocate(rank * inputs);
    const b = allocate(outputs * rank);
    let row = 0;
    for (const [index, update] of updates.entries()) {
      scaleInto(a, row * inputs, update.a.data, (weights[index] ?? 0) * update.scaling);
      layRows(b, row, rank, update.b.data, update.rank);
      row += update.rank;
    }
    return { a: { shape: [rank, inputs], data: a }, b: { shape: [outputs, rank], data: b }, rank, scaling: 1 };
  },
};
