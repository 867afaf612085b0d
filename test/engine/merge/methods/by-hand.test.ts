import { expect, test } from 'vitest';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { change, description, factors, state } from '../states.ts';

const name = 'vit.layers.0.attention.q_proj';
const base = { description: description(1), directory: '' };

/** A rank-one update of 2 × 2: b·aᵀ. */
type Pair = readonly [a: readonly [number, number], b: readonly [number, number]];

async function merged(id: string, pairs: readonly Pair[], parameters: ParameterValues = {}): Promise<number[]> {
  const states = pairs.map(([a, b]) =>
    state({
      [name]: factors(
        [[...a]],
        b.map((value) => [value]),
        1,
      ),
    }),
  );
  const request = { method: mergeMethod(id), weights: pairs.map(() => 1), parameters, base };
  const found = (await mergeStates(request, states)).modules.get(name);
  if (!found) throw new Error('nothing was merged');
  return [...change(found)].map((value) => Number(value.toFixed(5)) + 0);
}

const [first, second] = [[1, 0] as const, [0, 1] as const];
/** 3 at the first place, 1 at the second. */
const apart: readonly Pair[] = [
  [first, [3, 0]],
  [second, [0, 1]],
];
/** 2 and −1 at the first place. */
const against: readonly Pair[] = [
  [first, [2, 0]],
  [first, [-1, 0]],
];

test.each<[string, readonly Pair[], ParameterValues, number[], string]>([
  ['iso-c', apart, {}, [2, 0, 0, 2], 'singular values 3 and 1 become their mean'],
  ['iso-c', apart, { scaling_factor: 0.5 }, [1, 0, 0, 1], 'and half of it'],
  ['iso-cts', apart, { common_space_fraction: 1 }, [2, 0, 0, 2], 'without directions of the tasks it is Iso-C'],
  ['tsv-m', apart, {}, [3, 0, 0, 1], 'what is orthogonal stays'],
  ['wudi', apart, { solver: 'closed_form' }, [3, 0, 0, 1], 'inputs that differ do not disturb each other'],
  ['wudi', against, { solver: 'closed_form' }, [0.5, 0, 0, 0], 'one input: (2·1 − 1·1) / (1 + 1)'],
  ['core-space', apart, { merger: 'ties-svd', density: [1] }, [3, 0, 0, 1], 'entries of their own stay'],
  ['core-space', against, { merger: 'ties-svd', density: [1] }, [2, 0, 0, 0], 'the sum is positive: −1 is dropped'],
  ['core-space', against, { merger: 'task-arithmetic' }, [1, 0, 0, 0], 'the sum'],
  ['knots', against, { density: 1 }, [2, 0, 0, 0], 'the sum is positive: −1 is dropped'],
  ['knots', against, { density: 1, merger: 'task-arithmetic' }, [1, 0, 0, 0], 'the sum'],
])('%s of %j with %j is %j: %s', async (id, pairs, parameters, expected) => {
  expect(await merged(id, pairs, parameters)).toEqual(expected);
});

test('TSV-M of 3 and 1 on one pair of directions: both share it, (3 + 1) · (1/√2)²', async () => {
  const same: readonly Pair[] = [
    [first, [3, 0]],
    [first, [1, 0]],
  ];
  expect(await merged('tsv-m', same)).toEqual([2, 0, 0, 0]);
});

test('RobustMerge that keeps all: A = 2·((1 2) + (5 −1)), B = 2·((3 4) + (1 0)) / (1 + 1)', async () => {
  const pairs: readonly Pair[] = [
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, -1],
      [1, 0],
    ],
  ];
  // A = (12 2), B = (4 4).
  expect(await merged('robustmerge', pairs, { mask_ratio: 1, att_ratio: 1 })).toEqual([48, 8, 48, 8]);
});

test('the aligned average of an adapter and itself with both factors negated is the adapter; the factor average is 0', async () => {
  const negated: readonly Pair[] = [
    [
      [1, 2],
      [3, 4],
    ],
    [
      [-1, -2],
      [-3, -4],
    ],
  ];
  expect(await merged('aligned-average', negated)).toEqual([3, 6, 4, 8]);
  expect(await merged('factor-average', negated)).toEqual([0, 0, 0, 0]);
});
