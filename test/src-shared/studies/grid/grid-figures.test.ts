import { expect, test } from 'vitest';
import { z } from 'zod';
import { settingWords } from '../../../../src-main/engine/studies/config/setting-words.ts';
import { ablationStudy } from '../../../../src-shared/studies/grid/ablation.ts';
import { gridFigures } from '../../../../src-shared/studies/grid/grid-figures.ts';

function resultOf(grid: readonly { settings: Record<string, unknown>; value: number }[]) {
  return ablationStudy.resultSchema.parse({
    kind: 'ablation',
    examples: 100,
    metric: 'accuracy',
    reference: 0,
    cells: grid.map(({ settings, value }, at) => ({
      label: `cell ${at}`,
      settings,
      coto: settings['coto'] !== null,
      scores: [{ seed: 1, value }],
    })),
  });
}

const drawnSchema = z.object({
  data: z.array(z.looseObject({ name: z.string(), y: z.array(z.number()), line: z.object({ color: z.string() }) })),
  layout: z.looseObject({
    xaxis: z.looseObject({ ticktext: z.array(z.string()) }),
    annotations: z.array(z.looseObject({ text: z.string(), x: z.number(), y: z.number() })),
  }),
});

test('a line for each cell goes through its settings to its mean', () => {
  const rates = [1e-3, 1e-2];
  const result = resultOf(
    [null, { stage1_ratio: 0.5 }].flatMap((coto, at) =>
      rates.map((learning_rate, other) => ({ settings: { coto, learning_rate }, value: 0.5 + 0.2 * at + 0.1 * other })),
    ),
  );
  const figure = gridFigures(result, settingWords).find(({ name }) => name === 'Settings');
  const { data, layout } = drawnSchema.parse(figure?.draw({ dark: false }));
  expect(layout.xaxis.ticktext).toEqual(['CoTo', 'learning rate', 'test accuracy (%)']);
  expect(data.map(({ y }) => y.map((height) => Math.round(height * 10) / 10 + 0))).toEqual([
    [0, 0, 0],
    [0, 1, 0.3],
    [1, 0, 0.7],
    [1, 1, 1],
  ]);
  expect(data[0]?.line.color).not.toBe(data[2]?.line.color);
  const marks = (axis: number) => layout.annotations.filter(({ x }) => x === axis).map(({ text, y }) => [text, y]);
  expect(marks(0)).toEqual([
    ['without CoTo', 0],
    ['CoTo, stage 1 ratio 0.5', 1],
  ]);
  expect(marks(1)).toEqual([
    ['0.001', 0],
    ['0.01', 1],
  ]);
  expect(marks(2)).toEqual([
    ['50.0', 0],
    ['57.5', expect.closeTo(0.25, 9)],
    ['65.0', expect.closeTo(0.5, 9)],
    ['72.5', expect.closeTo(0.75, 9)],
    ['80.0', expect.closeTo(1, 9)],
  ]);
});

test('one varied field has no such figure', () => {
  const result = resultOf([
    { settings: { coto: null, learning_rate: 1e-3 }, value: 0.5 },
    { settings: { coto: {}, learning_rate: 1e-3 }, value: 0.6 },
  ]);
  expect(gridFigures(result, settingWords).map(({ name }) => name)).not.toContain('Settings');
});

test('the labels of many cells are slanted to the left, where the figure leaves room for the first', () => {
  const layoutOf = (count: number) => {
    const cells = Array.from({ length: count }, (_, at) => ({
      settings: { coto: null, learning_rate: at },
      value: 0.5,
    }));
    return gridFigures(resultOf(cells), settingWords)[0]?.draw({ dark: false }).layout;
  };
  expect(layoutOf(6)).toMatchObject({ margin: { l: 112 }, xaxis: { tickangle: -30 } });
  expect(layoutOf(3)).not.toMatchObject({ xaxis: { tickangle: -30 } });
});

const barsSchema = z.object({
  data: z.array(z.looseObject({ name: z.string() })),
  layout: z.looseObject({ yaxis: z.looseObject({ range: z.array(z.number()) }) }),
  caption: z.string(),
});
const errorSchema = z.looseObject({ array: z.array(z.number()), arrayminus: z.array(z.number()) });

test.each([
  { scores: [0.4, 0.6], low: 0, high: 100, isCutOff: true },
  { scores: [0.49, 0.5, 0.51], low: 47.5, high: 52.5, isCutOff: false },
])('an interval over the seeds $scores ends at the limits of an accuracy', ({ scores, low, high, isCutOff }) => {
  const cell = (label: string, coto: boolean) => ({
    ...{ label, coto, settings: { coto: coto ? {} : null } },
    scores: scores.map((value, seed) => ({ seed, value: coto ? 1 - value : value })),
  });
  const result = ablationStudy.resultSchema.parse({
    ...{ kind: 'ablation', examples: 100, metric: 'accuracy', reference: 0 },
    cells: [cell('without', false), cell('with', true)],
  });
  const [own, difference] = gridFigures(result, settingWords).map(({ draw }) =>
    barsSchema.parse(draw({ dark: false })),
  );
  const drawn = own?.data.find(({ name }) => name === 'mean');
  const { array, arrayminus } = errorSchema.parse(drawn?.['error_y']);
  expect(50 - (arrayminus[0] ?? 0)).toBeCloseTo(low, 1);
  expect(50 + (array[0] ?? 0)).toBeCloseTo(high, 1);
  expect(own?.layout.yaxis.range.every((end) => end >= 0 && end <= 100)).toBe(true);
  const note = 'Intervals that reach beyond the possible values are cut off there.';
  expect(own?.caption.includes(note)).toBe(isCutOff);
  expect(difference?.caption.includes(note)).toBe(isCutOff);
});
