import { describe, expect, test } from 'vitest';
import { epochOrder } from '../../../src-main/engine/data/epoch-order.ts';
import { countPerLabel, evaluationIndices, fewShotIndices } from '../../../src-main/engine/data/subset.ts';
import { RandomStream } from '../../../src-shared/random.ts';

const labels = Int32Array.from({ length: 300 }, (_, index) => index % 3);
const chosen = (perClass: number, seed: number, from = labels) => fewShotIndices(from, 3, perClass, seed);

describe('a few-shot subset', () => {
  test('has so many of each class, is the same for a seed and another for another seed', () => {
    const indices = chosen(8, 42);
    expect(
      countPerLabel(
        [...indices].map((index) => labels[index] ?? -1),
        3,
      ),
    ).toEqual([8, 8, 8]);
    expect(chosen(8, 42)).toEqual(indices);
    expect(chosen(8, 43)).not.toEqual(indices);
    expect([...indices]).toEqual([...new Set(indices)].sort((a, b) => a - b));
  });

  test('is pinned: a stored run draws the same examples in every version', () => {
    expect([...chosen(2, 42)]).toMatchInlineSnapshot(`
      [
        76,
        103,
        173,
        237,
        246,
        263,
      ]
    `);
  });

  test('grows by adding: 9 a class contain the 8', () => {
    const larger = new Set(chosen(9, 7));
    for (const index of chosen(8, 7)) expect(larger.has(index)).toBe(true);
  });

  test('rows of one class do not depend on the other classes', () => {
    const others = labels.map((label, index) => (label === 2 && index < 150 ? 0 : label));
    const ofOne = (from: typeof labels) => [...chosen(8, 42, from)].filter((index) => from[index] === 1);
    expect(ofOne(others)).toEqual(ofOne(labels));
  });

  test('differs between classes and between neighboring seeds', () => {
    const draws = new Set<string>();
    for (let seed = 0; seed < 50; seed++)
      for (let label = 0; label < 3; label++)
        draws.add(
          [...chosen(5, seed)]
            .filter((index) => labels[index] === label)
            .map((index) => (index - label) / 3)
            .join(),
        );
    expect(draws.size).toBe(150);
  });

  test('takes all for 0, and names the class that has too few', () => {
    expect(chosen(0, 1)).toHaveLength(300);
    expect(() => fewShotIndices(Int32Array.of(0, 0, 1), 2, 2, 1, ['cat', 'fox'])).toThrow(
      'train_samples_per_class is 2, but the class fox has 1 training examples.',
    );
  });
});

test('evaluation takes the first examples, or all', () => {
  expect([...evaluationIndices(5, 3)]).toEqual([0, 1, 2]);
  expect(evaluationIndices(5, 0)).toHaveLength(5);
  expect(evaluationIndices(5, 9)).toHaveLength(5);
});

test('an epoch has every example once, each first equally often', () => {
  const random = RandomStream.seeded(1, 'data');
  const firsts = new Array<number>(5).fill(0);
  for (let epoch = 0; epoch < 5000; epoch++) {
    const order = epochOrder(5, random);
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4]);
    firsts[order[0] ?? 0] = (firsts[order[0] ?? 0] ?? 0) + 1;
  }
  // Binomial: mean 1000, standard deviation 28.
  for (const count of firsts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
