import { gaussLegendre } from './gauss-legendre.ts';
import { neighbors, prefixMasks, type SampledSet, sampledNodes } from './mask-choice.ts';
import { mean, sampleStandardDeviation } from './student.ts';

/** Estimates of players' values from samples, and the standard errors of these means (n − 1). */
export interface SampledValues {
  readonly samples: number;
  readonly means: number[];
  readonly standardErrors: number[];
}

/** Value of a mask. @throws RangeError for one that was not evaluated */
export type Worth = (mask: string) => number;

/**
 * Shapley values as the means of marginal contributions over permutations (Castro et al. 2009). An antithetic
 * permutation at an even index and its reverse, which follows it, are averaged to one sample. The sum of the means is
 * v(all) − v(none), as in every sample.
 */
export function permutationValues(
  orders: readonly (readonly number[])[],
  antithetic: boolean,
  worth: Worth,
): SampledValues {
  const contributions = orders.map((order) => {
    const along = prefixMasks(order).map(worth);
    const own = new Float64Array(order.length);
    for (const [place, player] of order.entries()) own[player] = (along[place + 1] ?? 0) - (along[place] ?? 0);
    return [...own];
  });
  if (!antithetic) return sampled(contributions);
  const pairs = contributions.flatMap((one, place) => {
    const other = contributions[place + 1];
    return place % 2 === 1 || other === undefined
      ? []
      : [one.map((value, player) => (value + (other[player] ?? 0)) / 2)];
  });
  return sampled(pairs);
}

/**
 * Shapley values as the integral of eᵢ(p) over p, with sampled sets at the nodes of Gauss-Legendre quadrature; each
 * round is one sample. The sum of the means is v(all) − v(none) only up to the error of sampling.
 */
export function integralEstimates(sets: readonly SampledSet[], worth: Worth): SampledValues {
  const { weights } = gaussLegendre(sampledNodes);
  const rounds = Map.groupBy(sets, ({ round }) => round);
  return sampled(
    [...rounds.values()].map((nodes) => {
      const first = nodes[0]?.mask ?? '';
      return [...first].map((_, player) =>
        nodes.reduce((sum, { node, mask }) => sum + (weights[node] ?? 0) * (marginals(mask, worth)[player] ?? 0), 0),
      );
    }),
  );
}

/** eᵢ(p) at each node of the integral, means over the rounds: marginals[node][player]. */
export function sampledMarginals(sets: readonly SampledSet[], worth: Worth): { p: number[]; marginals: number[][] } {
  const { nodes } = gaussLegendre(sampledNodes);
  const byNode = nodes.map((_, place) => sets.filter(({ node }) => node === place));
  return {
    p: nodes,
    marginals: byNode.map((own) => sampled(own.map(({ mask }) => marginals(mask, worth))).means),
  };
}

/** v(S∪i) − v(S∖i) of each player i. */
function marginals(mask: string, worth: Worth): number[] {
  const own = worth(mask);
  return neighbors(mask).map((neighbor, player) => (mask[player] === '1' ? 1 : -1) * (own - worth(neighbor)));
}

function sampled(samples: readonly (readonly number[])[]): SampledValues {
  const players = samples[0] ?? [];
  const columns = players.map((_, player) => samples.map((sample) => sample[player] ?? Number.NaN));
  return {
    samples: samples.length,
    means: columns.map(mean),
    standardErrors: columns.map((column) => sampleStandardDeviation(column) / Math.sqrt(column.length)),
  };
}
