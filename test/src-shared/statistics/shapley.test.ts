import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gaussLegendre } from '../../../src-shared/statistics/gauss-legendre.ts';
import {
  chosenMasks,
  maskOf,
  prefixMasks,
  sampledPermutations,
  sampledSets,
} from '../../../src-shared/statistics/mask-choice.ts';
import {
  integralEstimates,
  permutationValues,
  sampledMarginals,
} from '../../../src-shared/statistics/sampled-shapley.ts';
import {
  banzhafValues,
  integralValues,
  marginalsAt,
  shapleyInteractions,
  shapleyValues,
} from '../../../src-shared/statistics/shapley.ts';

const numbers = z.array(z.number());
const sample = z.object({ mean: numbers, standard_error: numbers, low: numbers, high: numbers });
const game = z
  .object({
    players: z.number(),
    values: numbers,
    shapley: numbers,
    multilinear: z.object({ p: numbers, marginal: z.array(numbers) }),
    permutations: z.array(numbers),
    plain: sample,
    antithetic: sample,
    masks_evaluated_by_antithetic: z.number(),
  })
  .parse(JSON.parse(readFileSync(new URL('../../golden/methods/shapley/game.json', import.meta.url), 'utf8')));
const { players, values } = game;

function close(actual: readonly number[], expected: readonly number[], digits = 12): void {
  expect(actual).toHaveLength(expected.length);
  for (const [place, value] of expected.entries()) expect(actual[place]).toBeCloseTo(value, digits);
}

/** The bitmask of a mask of characters. */
const setOf = (mask: string) => [...mask].reduce((set, on, player) => set | (Number(on) << player), 0);
const worth = (mask: string) => values[setOf(mask)] ?? Number.NaN;

describe('the golden game', () => {
  it('has the golden Shapley values, by sets and by the integral over p, and they sum to v(all) − v(none)', () => {
    close(shapleyValues(values, players), game.shapley);
    close(integralValues(values, players), game.shapley);
    const sum = shapleyValues(values, players).reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo((values.at(-1) ?? 0) - (values[0] ?? 0), 12);
  });

  it('has the golden marginal contributions at each p', () => {
    for (const [place, p] of game.multilinear.p.entries())
      close(
        marginalsAt(values, players, p),
        game.multilinear.marginal.map((row) => row[place] ?? Number.NaN),
      );
  });

  it.each(['plain', 'antithetic'] as const)('has the golden estimates of %s sampling', (kind) => {
    const isAntithetic = kind === 'antithetic';
    const orders = isAntithetic ? game.permutations.flatMap((order) => [order, order.toReversed()]) : game.permutations;
    const { samples, means, standardErrors } = permutationValues(orders, isAntithetic, worth);
    expect(samples).toBe(20);
    close(means, game[kind].mean);
    close(standardErrors, game[kind].standard_error);
    close(
      means.map((value, player) => value - 1.96 * (standardErrors[player] ?? 0)),
      game[kind].low,
    );
    if (isAntithetic) expect(new Set(orders.flatMap(prefixMasks)).size).toBe(game.masks_evaluated_by_antithetic);
    expect(means.reduce((total, value) => total + value, 0)).toBeCloseTo((values.at(-1) ?? 0) - (values[0] ?? 0), 12);
  });

  it('has the Banzhaf values and interactions that their definitions give', () => {
    const all = 2 ** players;
    for (let player = 0; player < players; player++) {
      let sum = 0;
      for (let set = 0; set < all; set++)
        if (!((set >> player) & 1)) sum += (values[set | (1 << player)] ?? 0) - (values[set] ?? 0);
      expect(banzhafValues(values, players)[player]).toBeCloseTo(sum / 2 ** (players - 1), 12);
    }
    // The mean over all orders in which the pair acts as one player, next to each other.
    const index = shapleyInteractions(values, players);
    const others = [2, 3, 4, 5];
    let [sum, orders] = [0, 0];
    for (const order of permutations(['pair', ...others])) {
      let set = 0;
      for (const player of order) {
        if (player === 'pair') break;
        set |= 1 << Number(player);
      }
      sum += (values[set | 3] ?? 0) - (values[set | 1] ?? 0) - (values[set | 2] ?? 0) + (values[set] ?? 0);
      orders++;
    }
    expect(index[0]?.[1]).toBeCloseTo(sum / orders, 12);
    expect(index[1]?.[0]).toBe(index[0]?.[1]);
    expect(index[3]?.[3]).toBe(0);
  });
});

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, place) =>
    permutations(items.filter((_, other) => other !== place)).map((rest) => [item, ...rest]),
  );
}

it('Gauss-Legendre integrates polynomials of degree 2n − 1 exactly', () => {
  for (const count of [1, 2, 5, 20]) {
    const { nodes, weights } = gaussLegendre(count);
    for (const degree of [0, 1, 2 * count - 1])
      expect(nodes.reduce((sum, x, node) => sum + (weights[node] ?? 0) * x ** degree, 0)).toBeCloseTo(
        1 / (degree + 1),
        13,
      );
  }
});

describe('the choice of masks', () => {
  const sampling = { budget: 400, antithetic: true, seed: 3 };

  it('is all masks of up to 12 groups, and refuses more', () => {
    expect(chosenMasks({ kind: 'all' }, 3)).toEqual(['000', '100', '010', '110', '001', '101', '011', '111']);
    expect(chosenMasks({ kind: 'auto', ...sampling }, 12)).toHaveLength(4096);
    expect(() => chosenMasks({ kind: 'all' }, 13)).toThrow(/up to 12 groups/);
    expect(maskOf(5, 4)).toBe('1010');
  });

  it.each(['permutations', 'integral'] as const)('stays within the budget by %s, and repeats by its seed', (kind) => {
    const choice = { kind, ...sampling };
    const masks = chosenMasks(choice, 20);
    expect(masks.length).toBeGreaterThan(200);
    expect(masks.length).toBeLessThanOrEqual(400);
    expect(chosenMasks(choice, 20)).toEqual(masks);
    expect(chosenMasks({ ...choice, seed: 4 }, 20)).not.toEqual(masks);
    expect(() => chosenMasks({ ...choice, budget: 30 }, 20)).toThrow(/budget of 30 masks is too small.*20 groups/s);
    // Each group alone, and all without it.
    expect(masks).toEqual(expect.arrayContaining(['0'.repeat(20), `1${'0'.repeat(19)}`, `0${'1'.repeat(19)}`]));
  });

  it('gives estimates that come near the exact values, and sums that are exact for permutations', () => {
    const many = { kind: 'permutations', budget: 64, antithetic: true, seed: 1 } as const;
    const exact = shapleyValues(values, players);
    const byOrders = permutationValues(sampledPermutations(many, players), true, worth);
    // 64 masks are all of them, so the budget ends the draws at ten for each mask.
    expect(byOrders.samples).toBe(640);
    const sets = sampledSets({ ...many, kind: 'integral', budget: 20_000 }, players);
    const byIntegral = integralEstimates(sets, worth);
    expect(byIntegral.samples).toBe(Math.floor((20_000 - 14) / (4 * 7)));
    for (const { means, standardErrors } of [byOrders, byIntegral])
      for (const [player, value] of exact.entries())
        expect(Math.abs((means[player] ?? 0) - value)).toBeLessThan(3.5 * (standardErrors[player] ?? 0));
    // Four nodes are exact for six players; so are their marginals but for the sampling.
    const { p, marginals } = sampledMarginals(sets, worth);
    for (const [node, at] of p.entries())
      for (const [player, value] of marginalsAt(values, players, at).entries())
        expect(Math.abs((marginals[node]?.[player] ?? 0) - value)).toBeLessThan(0.06);
  });

  it('pairs each set at p with its complement at 1 − p', () => {
    const sets = sampledSets({ kind: 'integral', ...sampling }, 20);
    const flipped = (mask: string) => [...mask].map((on) => (on === '1' ? '0' : '1')).join('');
    for (const { round, node, mask } of sets)
      expect(sets.find((other) => other.round === round && other.node === 3 - node)?.mask).toBe(flipped(mask));
  });
});
