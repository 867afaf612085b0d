import { expect, test } from 'vitest';
import {
  gridOrders,
  holm,
  type PairedItems,
  pairAssociation,
  randomOrders,
} from '../../../src-shared/statistics/matrix-permutation.ts';
import { rho, tauB } from '../../../src-shared/statistics/rank-correlation.ts';

/** All orders of 0 … n − 1 but the identity. */
function allOrders(count: number): number[][] {
  const orders = (left: number[]): number[][] =>
    left.length === 0
      ? [[]]
      : left.flatMap((one) => orders(left.filter((other) => other !== one)).map((rest) => [one, ...rest]));
  return orders(Array.from({ length: count }, (_, at) => at)).slice(1);
}

/** Items on a line: the measure of a pair is their distance. */
function line(
  places: readonly number[],
  outcome: (distance: number) => number,
  skip: readonly string[] = [],
): PairedItems {
  const items = places.length;
  const distance = (one: number, other: number) => Math.abs((places[one] ?? 0) - (places[other] ?? 0));
  return {
    items,
    measure: Float64Array.from({ length: items * items }, (_, at) => distance(Math.floor(at / items), at % items)),
    pairs: places.flatMap((_, first) =>
      places.flatMap((__, second) =>
        first < second && !skip.includes(`${first}-${second}`)
          ? [{ first, second, outcome: outcome(distance(first, second)) }]
          : [],
      ),
    ),
    permutations: () => allOrders(items),
  };
}

test("Mantel's test by brute force: the share of all orders of the items that associate as much", () => {
  // Four items at 0, 1, 3, 7: all six distances differ (Golomb ruler), so that only the identity and the mirror-like
  // relabelings that keep every distance reach ρ = 1; there are none but the identity.
  const perfect = pairAssociation([line([0, 1, 4, 6], (distance) => 2 * distance + 1)], rho);
  expect(perfect).toEqual({ n: 6, value: 1, p: 1 / 24, permutations: 24 });
  expect(pairAssociation([line([0, 1, 4, 6], (distance) => -distance)], tauB)).toMatchObject({ value: -1, p: 1 / 24 });
  // By hand of a worked order: swapping items 0 and 1 gives other distances to the same outcomes.
  const noise = line([0, 1, 4, 6], (distance) => [0, 5, 2, 6, 1, 4, 3][distance] ?? 0);
  const observed = rho(
    noise.pairs.map(({ first, second }) => noise.measure[first * 4 + second] ?? 0),
    noise.pairs.map(({ outcome }) => outcome),
  );
  const others = allOrders(4).map((order) =>
    rho(
      noise.pairs.map(({ first, second }) => noise.measure[(order[first] ?? 0) * 4 + (order[second] ?? 0)] ?? 0),
      noise.pairs.map(({ outcome }) => outcome),
    ),
  );
  const extreme = others.filter((value) => Math.abs(value) >= Math.abs(observed) - 1e-12).length;
  expect(pairAssociation([noise], rho).p).toBeCloseTo((1 + extreme) / 24, 12);
});

test('groups are permuted each within itself, pairs that were not merged are left out, and constants decide nothing', () => {
  const [one, two] = [line([0, 1, 4], (distance) => distance), line([0, 2, 5], (distance) => distance, ['0-1'])];
  expect(pairAssociation([one, two], rho)).toMatchObject({ n: 5, value: 1, permutations: 6 });
  const constant = line([0, 1, 4, 6], () => 0.5);
  expect(pairAssociation([constant], rho)).toEqual({ n: 6, value: null, p: null, permutations: 0 });
  expect(pairAssociation([line([0, 1], (distance) => distance)], rho).value).toBeNull();
});

test('under no association p is uniform, though pairs share items', () => {
  const ps = Array.from({ length: 200 }, (_, seed) => {
    const [places] = [...randomOrders(8, 1, seed)];
    const [noise] = [...randomOrders(28, 1, 1000 + seed)];
    const items = line(
      (places ?? []).map((place) => place ** 2),
      () => 0,
    );
    const pairs = items.pairs.map((pair, at) => ({ ...pair, outcome: noise?.[at] ?? 0 }));
    return pairAssociation([{ ...items, pairs, permutations: () => randomOrders(8, 99, seed) }], rho).p ?? 1;
  });
  // 10 of 200 are expected, ± 3 standard deviations.
  const rejected = ps.filter((p) => p <= 0.05).length;
  expect(rejected).toBeGreaterThan(0);
  expect(rejected).toBeLessThan(20);
});

test('orders of a grid keep rows and columns together', () => {
  for (const order of gridOrders(3, 4, 20, 7)) {
    expect([...order].sort((one, other) => one - other)).toEqual(Array.from({ length: 12 }, (_, at) => at));
    for (let row = 0; row < 3; row++)
      for (let column = 0; column < 4; column++) {
        const image = order[4 * row + column] ?? -1;
        expect(Math.floor(image / 4)).toBe(Math.floor((order[4 * row] ?? -1) / 4));
        expect(image % 4).toBe((order[column] ?? -1) % 4);
      }
  }
});

test("Holm's adjustment, as R's p.adjust gives it", () => {
  // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  const adjusted = holm([0.01, null, 0.04, 0.03, 0.005]);
  expect(adjusted[1]).toBeNull();
  for (const [at, value] of [0.03, null, 0.06, 0.06, 0.02].entries())
    if (value !== null) expect(adjusted[at]).toBeCloseTo(value, 12);
});
