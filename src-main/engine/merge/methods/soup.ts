import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { type ModuleMergeMethod, sum } from '../merge-method.ts';
import { concatenated } from '../spaces/concatenated.ts';
import { factorAverage } from './factor-average.ts';

/** Numbers of checkpoints that a soup averages. */
export const averageOfParameter: ParameterSpec = {
  name: 'average_of',
  label: 'Average of',
  type: 'choice',
  default: 'factors',
  choices: [
    { value: 'factors', label: 'The factors: the trained parameters themselves' },
    { value: 'delta', label: 'ΔW: exact, the ranks add up' },
  ],
  help: 'Checkpoints of one run share the meaning of their factors, so that averaging these keeps the rank.',
};

/** One share for each checkpoint in time; `ends` are the training steps, or 1 … n where not all are known. */
type SharesOf = (ends: readonly number[], parameters: ParameterValues) => readonly number[];

/**
 * Common parts of soups: the average of factors and task heads, by shares that follow from the order of the
 * checkpoints, each times the checkpoint's own weight.
 */
export function soup(sharesOf: SharesOf): Pick<ModuleMergeMethod, 'makes' | 'needs' | 'mergeModule' | 'savedWeights'> {
  return {
    makes: 'adapter',
    needs: {
      equalRanks: true,
      equalTargets: true,
      negativeWeights: false,
      normalized: () => true,
      adapters: { minimum: 2 },
    },
    mergeModule(updates, weights, parameters, context) {
      const places = updates.map(({ adapter }) => adapter);
      const shares = sharesIn(places, weights, parameters, context.steps, sharesOf);
      if (parameters['average_of'] === 'delta') return concatenated(updates, shares, context.allocate);
      return factorAverage.mergeModule(updates, shares, {}, context);
    },
    savedWeights: (places, weights, parameters, steps) => sharesIn(places, weights, parameters, steps, sharesOf),
  };
}

function sharesIn(
  places: readonly number[],
  weights: readonly number[],
  parameters: ParameterValues,
  steps: readonly (number | null)[],
  sharesOf: SharesOf,
): number[] {
  const ends = endsOf(places, steps);
  const order = ends.map((_, index) => index).sort((one, other) => (ends[one] ?? 0) - (ends[other] ?? 0));
  const inTime = sharesOf(
    order.map((index) => ends[index] ?? 0),
    parameters,
  );
  const shares = weights.map((weight, index) => weight * (inTime[order.indexOf(index)] ?? 0));
  const total = sum(shares);
  return shares.map((share) => share / total);
}

/** Training steps of the adapters, or their places from 1 where a step is missing or there twice. */
function endsOf(places: readonly number[], steps: readonly (number | null)[]): number[] {
  const known = places.flatMap((place) => steps[place] ?? []);
  const usable = new Set(known).size === places.length && known.every((step) => step > 0);
  return usable ? known : places.map((_, index) => index + 1);
}
