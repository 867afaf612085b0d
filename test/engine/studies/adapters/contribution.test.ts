import { expect, it } from 'vitest';
import { contributionsOf, treeCost } from '../../../../src-main/engine/studies/adapters/contributions-of-table.ts';
import type { MaskChoice, MaskTable } from '../../../../src-shared/domain/evaluation/mask-table.ts';
import { chosenMasks } from '../../../../src-shared/statistics/mask-choice.ts';
import { meanInterval } from '../../../../src-shared/statistics/student.ts';
import { contributionStudy } from '../../../../src-shared/studies/adapters/contribution.ts';

const exact: MaskChoice = { kind: 'all' };

/** A table of groups, one a layer, with the accuracy that `accuracy` gives a set on a block. */
function tableOf(
  groups: number,
  blocks: number,
  choice: MaskChoice,
  accuracy: (on: readonly boolean[], block: number) => number | null,
): MaskTable {
  const layers = Array.from({ length: groups }, (_, layer) => layer);
  return {
    groups: layers.map((layer) => ({
      name: `layer ${layer}`,
      layers: [layer],
      type: null,
      modules: [`layers.${layer}.q_proj`],
    })),
    examples: 10 * blocks,
    blocks,
    // Twelve for each layer but the last, which costs six; two before them, one for the head.
    multiplications: [2, ...layers.map((layer) => (layer + 1 === groups ? 6 : 12)), 1],
    scores: chosenMasks(choice, groups).flatMap((mask) =>
      Array.from({ length: blocks }, (_, block) => {
        const value = accuracy(
          [...mask].map((on) => on === '1'),
          block,
        );
        return { mask, block, weight: 10, accuracy: value, loss: -(value ?? 0) };
      }),
    ),
  };
}

/** Layers 0 and 1 add 0.1 and 0.2, and 0.08 together; layer 2 adds what differs from block to block. */
const third = [0.01, 0.03, 0.02, 0.06];
const game = (on: readonly boolean[], block: number) =>
  0.3 + (on[0] ? 0.1 : 0) + (on[1] ? 0.2 : 0) + (on[0] && on[1] ? 0.08 : 0) + (on[2] ? (third[block] ?? 0) : 0);

it('gives the values of a game worked by hand, with Student intervals over the blocks', () => {
  const table = tableOf(3, 4, exact, game);
  const made = contributionsOf(table, 'accuracy', exact);
  const values = (key: 'shapley' | 'leaveOneOut' | 'alone') => made.groups.map((group) => group[key].value);
  for (const [place, value] of [0.14, 0.24, 0.03].entries()) {
    expect(values('shapley')[place]).toBeCloseTo(value, 12);
    expect(made.groups[place]?.banzhaf?.value).toBeCloseTo(value, 12);
  }
  for (const [place, value] of [0.18, 0.28, 0.03].entries())
    expect(values('leaveOneOut')[place]).toBeCloseTo(value, 12);
  for (const [place, value] of [0.1, 0.2, 0.03].entries()) expect(values('alone')[place]).toBeCloseTo(value, 12);
  // Equal on every block: an interval of zero width would claim too much.
  expect(made.groups[0]?.shapley.halfWidth).toBeNull();
  const { halfWidth } = meanInterval(third);
  for (const key of ['shapley', 'leaveOneOut', 'alone'] as const)
    expect(made.groups[2]?.[key].halfWidth).toBeCloseTo(halfWidth ?? Number.NaN, 10);
  expect(made.interactions?.[0]?.[1]?.value).toBeCloseTo(0.08, 12);
  expect(made.interactions?.[0]?.[2]?.value).toBeCloseTo(0, 12);
  expect(made.efficiency.sum).toBeCloseTo(0.41, 12);
  expect(made.efficiency.difference).toBeCloseTo(0.41, 12);
  // e(p) of layer 0 is 0.1 + 0.08 p.
  expect(made.curves?.marginals[0]?.[5]).toBeCloseTo(0.1 + 0.08 * 0.25, 12);
  const two = made.stability[2];
  expect(two).toMatchObject({ active: 2, masks: 3 });
  expect(two?.mean).toBeCloseTo((0.68 + 0.43 + 0.53) / 3, 12);
  expect(two?.low).toBeCloseTo(0.43 + 0.1 * 0.1, 12);
  expect(two?.high).toBeCloseTo(0.68 - 0.1 * 0.15, 12);
  // 2 + 4 + 8 layers; before them 2, layers 2 · 12 + 4 · 12 + 8 · 6, heads 8, over one pass of 33.
  expect(made.cost).toEqual({ masks: 8, layerEvaluations: 14, layerEvaluationsAlone: 24, forwardPasses: 130 / 33 });
});

it('samples permutations and the integral where there are many groups, with both errors in the interval', () => {
  const groups = 16;
  const worths = Array.from({ length: groups }, (_, group) => (group - 4) / 100);
  const additive = (on: readonly boolean[], block: number) =>
    0.5 + on.reduce((sum, isOn, group) => sum + (isOn ? (worths[group] ?? 0) * (block === 0 ? 0.5 : 1.5) : 0), 0);
  for (const kind of ['auto', 'permutations', 'integral'] as const) {
    const choice = { kind, budget: 400, antithetic: true, seed: 5 } as const;
    const made = contributionsOf(tableOf(groups, 2, choice, additive), 'loss', choice);
    expect(made.exact).toBe(false);
    expect(made.samples).toBeGreaterThanOrEqual(2);
    expect(made.curves === null).toBe(kind !== 'integral');
    for (const [group, { shapley, banzhaf }] of made.groups.entries()) {
      // In an additive game every marginal contribution is the group's own: sampling has no error.
      expect(shapley.value).toBeCloseTo(worths[group] ?? Number.NaN, 10);
      const overBlocks = meanInterval([0.5, 1.5].map((scale) => scale * (worths[group] ?? 0))).halfWidth ?? 0;
      expect(shapley.halfWidth ?? 0).toBeCloseTo(overBlocks, 8);
      expect(banzhaf).toBeNull();
    }
    expect(made.efficiency.sum).toBeCloseTo(made.efficiency.difference, 10);
  }
  // Layers 1 and 2 stand in for each other: permutations differ.
  const choice = { kind: 'permutations', budget: 200, antithetic: false, seed: 5 } as const;
  const either = tableOf(groups, 2, choice, (on) => (on[1] || on[2] ? 0.9 : 0.4));
  const { groups: found } = contributionsOf(either, 'accuracy', choice);
  expect(found[1]?.shapley.halfWidth).toBeGreaterThan(0.05);
  expect((found[1]?.shapley.value ?? 0) + (found[2]?.shapley.value ?? 0)).toBeCloseTo(0.5, 12);
  expect(found[0]?.shapley).toEqual({ value: 0, halfWidth: null });
});

it('counts groups that span layers from their first layer on, and refuses a missing accuracy', () => {
  const groups = [[0, 1], [1]].map((layers, group) => ({ name: `g${group}`, layers, type: null, modules: [] }));
  expect(treeCost({ groups, multiplications: [0, 1, 1, 0] }, ['00', '10', '01', '11'])).toEqual({
    masks: 4,
    layerEvaluations: 6,
    layerEvaluationsAlone: 8,
    forwardPasses: 3,
  });
  expect(() =>
    contributionsOf(
      tableOf(2, 2, exact, () => null),
      'accuracy',
      exact,
    ),
  ).toThrow(/no accuracy/);
});

it('shows values with intervals in tables and maps, and losses as losses', () => {
  const choice = exact;
  const result = {
    kind: 'contribution',
    unit: 'layer',
    metric: 'loss',
    examples: 40,
    blocks: 4,
    adapters: [false, true].map((coto) => ({
      label: coto ? 'LoRA + CoTo' : 'LoRA',
      coto,
      seed: 1,
      ...contributionsOf(tableOf(3, 4, exact, game), 'loss', choice),
    })),
  };
  const config = {
    kind: 'contribution',
    dataset: 'd',
    metric: 'loss',
    adapters: [{ label: 'LoRA', coto: false, seed: 1, adapter: { adapterId: 'a' } }],
  };
  const words = { mergeMethod: (id: string) => id };
  const [values, checks, stability] = contributionStudy.table(result, config, words);
  expect(values?.rows[2]?.cells).toEqual([
    'LoRA, seed 1',
    'layer 2',
    '0.0300 ± 0.0344',
    '0.0300 ± 0.0344',
    '0.0300 ± 0.0344',
    '0.0300 ± 0.0344',
  ]);
  // v is −loss here, so that none on is a loss of −0.3.
  expect(checks?.rows[0]?.cells.slice(1, 5)).toEqual(['−0.3000', '−0.7100 ± 0.0344', '0.4100', '0.4100']);
  expect(stability?.rows.map(({ cells }) => cells[2]).slice(0, 2)).toEqual(['−0.300', '−0.410']);
  const figures = contributionStudy.figures(result, config, words);
  expect(figures.map(({ name }) => name)).toEqual([
    'Contribution map',
    'Values with intervals',
    'Dropout stability',
    'Interactions: LoRA, seed 1',
    'Curves over p: LoRA, seed 1',
    'Interactions: LoRA + CoTo, seed 1',
    'Curves over p: LoRA + CoTo, seed 1',
  ]);
  const map = figures[0]?.draw({ dark: false }).data[0];
  expect(map?.['text']).toEqual([
    ['0.140', '0.240', '0.030'],
    ['0.140', '0.240', '0.030'],
  ]);
  const band = figures[2]?.draw({ dark: true });
  expect(band?.caption).toContain('all subsets');
  expect(contributionStudy.comparison(result)[0]).toMatchObject({ unit: 'loss', better: 'lower' });
});
