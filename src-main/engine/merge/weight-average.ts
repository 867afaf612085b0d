import type { AdapterState, ModuleFactors } from '../adapters/state.ts';
import { allModules, assembleMerge } from './combine.ts';
import { defineMergeMethod } from './define.ts';
import { sum } from './merge-method.ts';

/**
 * Averages ΔW itself, exactly: the factors are laid side by side (rank Σ rᵢ), wᵢ·sᵢ goes into Aᵢ, and the scaling becomes 1.
 * Without `normalize` this is PEFT's add_weighted_adapter with combination_type "cat". A module that an adapter does not
 * have counts as zero.
 */
export const weightAverage = defineMergeMethod({
  declaration: {
    id: 'weight-average',
    label: 'ΔW average',
    summary: 'Averages the change of the weights exactly, by laying the factors side by side. The ranks add up.',
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
  needs: {
    equalRanks: false,
    equalTargets: false,
    negativeWeights: true,
    factorsAlone: true,
    normalized: (parameters) => parameters['normalize'] === true,
  },
  merge(states, weights, parameters) {
    const total = parameters['normalize'] === true ? sum(weights) : 1;
    const modules = new Map<string, ModuleFactors>();
    for (const name of allModules(states)) {
      const parts = states.flatMap((state, index) => partOf(state, name, (weights[index] ?? 0) / total));
      modules.set(name, concatenate(parts));
    }
    return assembleMerge(states, weights, modules);
  },
});

interface Part {
  readonly factors: ModuleFactors;
  readonly coefficient: number;
}

function partOf(state: AdapterState, name: string, weight: number): Part[] {
  const factors = state.modules.get(name);
  return factors === undefined ? [] : [{ factors, coefficient: weight * factors.scaling }];
}

function concatenate(parts: readonly Part[]): ModuleFactors {
  const rank = sum(parts.map((part) => part.factors.rank));
  const inputs = parts[0]?.factors.a.shape[1] ?? 0;
  const outputs = parts[0]?.factors.b.shape[0] ?? 0;
  const a = new Float32Array(rank * inputs);
  const b = new Float32Array(outputs * rank);
  let row = 0;
  for (const { factors, coefficient } of parts) {
    for (let at = 0; at < factors.rank * inputs; at++) a[row * inputs + at] = coefficient * (factors.a.data[at] ?? 0);
    for (let output = 0; output < outputs; output++)
      for (let inner = 0; inner < factors.rank; inner++)
        b[output * rank + row + inner] = factors.b.data[output * factors.rank + inner] ?? 0;
    row += factors.rank;
  }
  return { a: { shape: [rank, inputs], data: a }, b: { shape: [outputs, rank], data: b }, rank, scaling: 1 };
}
