import { expect, test } from 'vitest';
import { RandomStream } from '../../../src-shared/random.ts';
import { jackknifeInterval } from '../../../src-shared/statistics/jackknife.ts';
import { meanInterval } from '../../../src-shared/statistics/student.ts';

function everyPair<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((first, at) => items.slice(at + 1).map((second): [T, T] => [first, second]));
}

test('pairs without a common unit have Student’s interval', () => {
  const values = [0.1, 0.4, 0.2];
  const disjoint = [
    ['a', 'b'],
    ['c', 'd'],
    ['e', 'f'],
  ];
  expect(jackknifeInterval(values, disjoint)).toEqual(meanInterval(values));
});

test('three pairs of three units, by hand', () => {
  // Without a, b and c are left 6, 2 and 1, whose mean is 3: variance 2/3 · (9 + 1 + 4), t(0.975, 2) = 4.3027.
  const found = jackknifeInterval(
    [1, 2, 6],
    [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ],
  );
  expect(found.mean).toBe(3);
  expect(found.halfWidth).toBeCloseTo(4.3027 * Math.sqrt((2 / 3) * 14), 3);
});

test('means of two units have Student’s interval of the units themselves', () => {
  const units = [0.3, 0.9, 0.5, 1.4, 0.7];
  const pairs = everyPair(units.map((_, at) => at));
  const values = pairs.map(([one, other]) => ((units[one] ?? 0) + (units[other] ?? 0)) / 2);
  const found = jackknifeInterval(
    values,
    pairs.map((pair) => pair.map(String)),
  );
  const expected = meanInterval(units);
  expect(found.mean).toBeCloseTo(expected.mean, 12);
  expect(found.halfWidth).toBeCloseTo(expected.halfWidth ?? Number.NaN, 12);
});

test('covers the truth in about 95 of 100 cases, while Student’s interval over pairs is far too narrow', () => {
  const random = RandomStream.named(1, 'study', 'jackknife');
  const held = { jackknife: 0, student: 0 };
  const cases = 1000;
  for (let one = 0; one < cases; one++) {
    const units = Array.from({ length: 5 }, () => random.normal());
    const pairs = everyPair([0, 1, 2, 3, 4]);
    // The mean of |x − y| of two normal variables is 2 / √π.
    const values = pairs.map(([first, second]) => Math.abs((units[first] ?? 0) - (units[second] ?? 0)));
    const within = ({ mean, halfWidth }: { mean: number; halfWidth: number | null }) =>
      Math.abs(mean - 2 / Math.sqrt(Math.PI)) <= (halfWidth ?? 0);
    if (
      within(
        jackknifeInterval(
          values,
          pairs.map((pair) => pair.map(String)),
        ),
      )
    )
      held.jackknife++;
    if (within(meanInterval(values))) held.student++;
  }
  expect(held.jackknife / cases).toBeGreaterThan(0.9);
  expect(held.student / cases).toBeLessThan(0.85);
});

test('nothing is estimated of one value, of equal ones, or if a unit is in all', () => {
  expect(jackknifeInterval([1], [['a', 'b']]).halfWidth).toBeNull();
  expect(
    jackknifeInterval(
      [1, 1],
      [
        ['a', 'b'],
        ['a', 'c'],
      ],
    ).halfWidth,
  ).toBeNull();
  expect(
    jackknifeInterval(
      [1, 2, 4],
      [
        ['a', 'b'],
        ['a', 'c'],
        ['a', 'd'],
      ],
    ).halfWidth,
  ).toBeNull();
});
