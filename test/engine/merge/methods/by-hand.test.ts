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
  ['pico', against, {}, [1.5, 0, 0, 0], 'both share one direction: halved to 1 − 0.5, then scaled to the mean norm'],
  ['pico', against, { energy_compensation: false }, [0.5, 0, 0, 0], 'the same without the scale'],
  [
    'pico',
    apart,
    { energy_compensation: false, svd_rank: 2 },
    [Number((3 / 1.9).toFixed(5)), 0, 0, Number((1 / 1.1).toFixed(5))],
    'energies of 9 and 1 of 10: divided by 1 + 0.9 and 1 + 0.1',
  ],
  [
    'compress-then-merge',
    apart,
    { merger: 'task-arithmetic', merge_rank: 2 },
    [3, 0, 0, 1],
    'two directions hold both',
  ],
  ['compress-then-merge', apart, { merger: 'task-arithmetic', beta: 1 }, [3, 0, 0, 0], 'one holds the larger'],
  ['compress-then-merge', against, { density: [1] }, [2, 0, 0, 0], 'TIES on one coordinate: −1 is dropped'],
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

/** Two small updates at the second place and a large one at the first. */
const uneven: readonly Pair[] = [
  [first, [3, 0]],
  [second, [0, 1]],
  [second, [0, 1]],
];

test('Compress-then-Merge counts adapters by their norms or alike: 9 against 2, or 1 against 2', async () => {
  const parameters = { merger: 'task-arithmetic', merge_rank: 1 };
  expect(await merged('compress-then-merge', uneven, { ...parameters, beta: 1 })).toEqual([3, 0, 0, 0]);
  expect(await merged('compress-then-merge', uneven, { ...parameters, beta: 0 })).toEqual([0, 0, 0, 2]);
});

/** ‖((b₁ + p·b₂) / 2)·((a₁ + a₂ / p) / 2) − (b₁·a₁ + b₂·a₂) / 2‖² of two rank-one updates. */
function distance([[a1, b1], [a2, b2]]: readonly [Pair, Pair], p: number): number {
  let sum = 0;
  for (const row of [0, 1] as const)
    for (const column of [0, 1] as const) {
      const fusion = ((b1[row] + p * b2[row]) / 2) * ((a1[column] + a2[column] / p) / 2);
      sum += (fusion - (b1[row] * a1[column] + b2[row] * a2[column]) / 2) ** 2;
    }
  return sum;
}

test('LoRA* finds the invertible matrix with which the factor average is nearest to the average of the updates', async () => {
  // One update, its factors apart by 4: the plain factor average is 3.125.
  const same: readonly [Pair, Pair] = [
    [
      [1, 0],
      [2, 0],
    ],
    [
      [4, 0],
      [0.5, 0],
    ],
  ];
  expect(await merged('factor-average', same)).toEqual([3.125, 0, 0, 0]);
  const aligned = await merged('lora-align', same);
  aligned.forEach((value, at) => {
    expect(value).toBeCloseTo([2, 0, 0, 0][at] ?? Number.NaN, 3);
  });
  const turned: readonly [Pair, Pair] = [
    [
      [1, 0.2],
      [1, 0],
    ],
    [
      [0.8, 0.6],
      [1.2, 1.6],
    ],
  ];
  const grid = Array.from({ length: 4000 }, (_, at) => (at - 2000) / 200).filter((p) => Math.abs(p) > 0.01);
  const nearest = Math.min(...grid.map((p) => distance(turned, p)));
  const mixture = turned.flatMap(([, b]) => b).map((_, at) => at);
  const found = await merged('lora-align', turned, { align_steps: 2000 });
  const delta = mixture.map((at) => {
    const [row, column] = [Math.floor(at / 2), at % 2];
    return turned.reduce((sum, [a, b]) => sum + ((b[row] ?? 0) * (a[column] ?? 0)) / 2, 0);
  });
  const reached = found.reduce((sum, value, at) => sum + (value - (delta[at] ?? 0)) ** 2, 0);
  expect(distance(turned, 1)).toBeGreaterThan(1.05 * nearest);
  expect(reached).toBeLessThan(1.001 * nearest + 1e-6);
});
