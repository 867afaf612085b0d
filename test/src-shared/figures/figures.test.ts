import { describe, expect, test } from 'vitest';
import { foldMasks } from '../../../src-shared/curves/growing-shares.ts';
import type { PlannedAdapter } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import { cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';
import { bySeries } from '../../../src-shared/figures/band.ts';
import {
  activationFigure,
  type Figure,
  type FigureObject,
  fullActivationStep,
  lossFigure,
  type MetricRun,
  metricFigure,
  sampleStrip,
  scheduleFigure,
  seriesColors,
  smooth,
  stepsBehind,
  stepTimeFigure,
} from '../../../src-shared/figures/index.ts';
import { lineEnds } from '../../../src-shared/figures/layout.ts';
import { faded, runStyles, seriesLabel, studyStyles } from '../../../src-shared/figures/palette.ts';
import { gridFigure, pruningFigure } from '../../../src-shared/studies/adapters/pruning-figures.ts';
import { interpolationStudy } from '../../../src-shared/studies/interpolation/interpolation.ts';
import { interpolationFigure } from '../../../src-shared/studies/interpolation/interpolation-figures.ts';
import { mergingFigure } from '../../../src-shared/studies/merging/merging-figures.ts';
import { makeCurve } from '../curves/make-curve.ts';
import { interpolationResult, mergingResult, pruningResult } from './results.ts';

const light = { dark: false };
const named = (figure: Figure, name: string): FigureObject => {
  const trace = figure.data.find((candidate) => candidate['name'] === name);
  if (!trace) throw new Error(`no trace ${name}`);
  return trace;
};
const colorOf = (trace: FigureObject): unknown =>
  typeof trace['line'] === 'object' && trace['line'] !== null && 'color' in trace['line'] ? trace['line'].color : null;

describe('schedule and activation', () => {
  const settings = cotoSettingsSchema.parse({});

  test('the preview strip is repeatable, never all off, and all on from stage 2', () => {
    const strip = sampleStrip(settings, 40, ['layers.0', 'layers.1', 'layers.2'], 7);
    expect(strip).toEqual(sampleStrip(settings, 40, ['layers.0', 'layers.1', 'layers.2'], 7));
    expect(strip.bytes).toHaveLength(120);
    for (let step = 0; step < 40; step++) {
      const active = strip.bytes.slice(step * 3, step * 3 + 3);
      expect(active.includes(1)).toBe(true);
      if (step >= 30) expect([...active]).toEqual([1, 1, 1]);
    }
  });

  test('full activation is marked where p reaches 1, and not where it never does', () => {
    expect(fullActivationStep(settings, 40)).toBe(30);
    expect(fullActivationStep({ ...settings, final_p: 0.9 }, 40)).toBeNull();
    expect(fullActivationStep({ ...settings, stage1_ratio: 1 }, 40)).toBeNull();
  });

  test('p(t) is drawn above the strip; rows count from the input up', () => {
    const strip = foldMasks({ firstStep: 0, groupCount: 2, bytes: Uint8Array.from([1, 0, 0, 1, 1, 1]) }, 100);
    const figure = scheduleFigure({ settings, totalSteps: 3, groups: ['layer 0', 'layer 1'], strip }, light);
    const weighted = scheduleFigure({ settings, totalSteps: 3, groups: ['layer 0'], strip, updateShare: 0.514 }, light);
    expect(weighted.caption).toContain('Weighted by the learning rate, an adapter receives 0.51 of the updates');
    expect(figure.caption).not.toContain('Weighted');
    const [curve, heatmap] = figure.data;
    expect(curve).toMatchObject({ x: [0, 1, 2], yaxis: 'y' });
    expect(heatmap).toMatchObject({
      yaxis: 'y2',
      z: [
        [1, 0, 1],
        [0, 1, 1],
      ],
    });
  });

  test('a long run has columns of several steps, colored by their share; the axis reaches to the planned end', () => {
    const shares = foldMasks(
      {
        firstStep: 0,
        groupCount: 2,
        bytes: Uint8Array.from({ length: 3000 }, (_, at) => (at % 2 === 0 || at < 12 ? 1 : 0)),
      },
      1024,
    );
    if (shares === null) throw new Error('no shares');
    const figure = activationFigure({ shares, groups: ['a', 'b'], totalSteps: 3000, fullActivationStep: 2250 }, light);
    // 3000 steps in at most 600 columns: 8 steps each, of which 1500 were taken.
    expect(figure.data[0]?.['x']).toHaveLength(188);
    expect(figure.data[0]).toMatchObject({ z: [expect.arrayContaining([1, 1]), expect.arrayContaining([0.75, 0])] });
    expect(figure.caption).toContain('Each column is 8 steps');
    expect(figure.layout['xaxis']).toMatchObject({ range: [-0.5, 2999.5] });
  });

  test('names fewer rows beside a low figure, so that names do not overlap', () => {
    const groups = Array.from({ length: 12 }, (_, at) => `layers.${at}`);
    const bytes = new Uint8Array(groups.length).fill(1);
    const shares = foldMasks({ firstStep: 0, groupCount: groups.length, bytes }, 64);
    if (shares === null) throw new Error('no shares');
    const input = { shares, groups, totalSteps: 1, fullActivationStep: null };
    expect(activationFigure(input, light).layout['yaxis']).toMatchObject({ ticktext: groups });
    expect(activationFigure({ ...input, maxNames: 4 }, light).layout['yaxis']).toMatchObject({
      ticktext: ['layers.0', 'layers.3', 'layers.6', 'layers.9'],
    });
  });
});

describe('metrics', () => {
  const run = (id: string, group: string, coto: boolean, values: number[], limit = 1000): MetricRun => ({
    id,
    label: id,
    group,
    coto,
    variant: 'lora',
    totalSteps: 10,
    examplesPerStep: 4,
    curves: new Map([
      ['loss', makeCurve('loss', [...values.keys()], values, limit)],
      ['eval_loss', makeCurve('eval_loss', [...values.keys()], values)],
      [
        'step_milliseconds',
        makeCurve(
          'step_milliseconds',
          [...values.keys()],
          values.map(() => 500),
          limit,
        ),
      ],
    ]),
  });

  test('the moving average starts at the first value and forgets by its weight', () => {
    expect(smooth([4, 4, 4], 0.9).map((value) => Number(value.toFixed(9)))).toEqual([4, 4, 4]);
    // Weights of the past: (0.5·0.5·1 + 0.5·3) / 0.75
    expect(smooth([1, 3], 0.5)).toEqual([1, (0.25 * 1 + 0.5 * 3) / 0.75]);
  });

  test('smoothing keeps the raw curve, faint; NaN is left out', () => {
    const figure = lossFigure([run('a', 'LoRA', false, [2, Number.NaN, 1])], light, { smoothing: 0.5 });
    expect(figure.data).toHaveLength(2);
    expect(figure.data[0]).toMatchObject({
      x: [0, 2],
      y: [2, 1],
      line: { color: faded(seriesColors(light).without, 0.28) },
    });
    expect(figure.data[1]?.['customdata']).toEqual(['a', 'a']);
  });

  test('the moving average counts a bucket as so many values', () => {
    // Four values of 1, then four of 5, at a weight of 0.5: the same as value by value.
    const exact = smooth([1, 1, 1, 1, 5, 5, 5, 5], 0.5);
    expect(smooth([1, 5], 0.5, [4, 4])).toEqual([exact[3], exact[7]]);
  });

  test('evaluations are never smoothed', () => {
    const values = Array.from({ length: 50 }, (_, step) => step % 7);
    const options = { title: '', yTitle: '', smoothing: 0.9 };
    const figure = metricFigure([run('a', 'LoRA', false, values)], { metric: 'eval_loss', ...options }, light);
    expect(figure.data).toHaveLength(1);
    expect(figure.data[0]?.['y']).toEqual(values);
    expect(figure.caption).toBe('');
  });

  test('draws the means of a folded curve over the extremes', () => {
    const figure = lossFigure([run('a', 'LoRA', false, [1, 3, 2, 6], 2)], light);
    expect(figure.data).toMatchObject([
      { x: [0.5, 2.5], y: [1, 2], name: 'a: lowest' },
      { x: [0.5, 2.5], y: [3, 6], name: 'a: highest', fill: 'tonexty' },
      { x: [0.5, 2.5], y: [2, 4] },
    ]);
    expect(figure.caption).toMatch(/^Line: mean; band: lowest to highest value of every 2 steps/);
    const ends = lossFigure([run('a', 'LoRA', false, [1, 3, 2, 6], 2)], light, { x: 'time' });
    // Half a second a step; the mean steps 0.5 and 2.5 end after 0.75 s and 1.75 s.
    expect(ends.data[2]?.['x']).toEqual([0.75, 1.75]);
  });

  test('a stretch of any axis is known by its steps', () => {
    const runs = [run('a', 'LoRA', false, [2, 1, 1, 1])];
    expect(stepsBehind(runs, 'step', [1.2, 2.5])).toEqual({ from: 1, to: 3 });
    // Examples 8 to 12 are those of the second and the third step (1 and 2); four each.
    expect(stepsBehind(runs, 'examples', [8, 12])).toEqual({ from: 1, to: 2 });
    expect(stepsBehind(runs, 'time', [1, 1.5])).toEqual({ from: 1, to: 2 });
    // Beyond what was taken the mean step time goes on: 3 s are the end of step 5.
    expect(stepsBehind(runs, 'time', [1, 3])).toEqual({ from: 1, to: 5 });
    expect(stepsBehind(runs, 'step', [-1, 11])).toBeNull();
  });

  test('axes of time and of examples', () => {
    const runs = [run('a', 'LoRA', false, [2, 1, 1])];
    expect(lossFigure(runs, light, { x: 'time' }).data[0]?.['x']).toEqual([0.5, 1, 1.5]);
    expect(lossFigure(runs, light, { x: 'time' }).layout['xaxis']).toMatchObject({ range: [0, 5] });
    expect(lossFigure(runs, light, { x: 'examples' }).data[0]?.['x']).toEqual([4, 8, 12]);
  });

  test('blue with CoTo, orange without, seeds of a group alike, further groups from the palette', () => {
    const runs = [
      { group: 'LoRA', coto: false, variant: 'lora' },
      { group: 'LoRA', coto: false, variant: 'lora' },
      { group: 'LoRA + CoTo', coto: true, variant: 'lora' },
      { group: 'DoRA + CoTo', coto: true, variant: 'dora' },
    ];
    const styles = runStyles(runs, light);
    expect(styles.get('LoRA')).toMatchObject({ color: seriesColors(light).without, dash: 'solid' });
    expect(styles.get('LoRA + CoTo')).toMatchObject({ color: seriesColors(light).coto, dash: 'solid' });
    expect(styles.get('DoRA + CoTo')).toMatchObject({ color: seriesColors(light).ensemble, dash: 'dash' });
  });
});

describe('studies', () => {
  const words = { mergeMethod: (id: string) => (id === 'factor-average' ? 'factors' : 'ΔW') };
  const config = interpolationStudy.configSchema.parse({
    kind: 'interpolation',
    dataset: 'data',
    points: 3,
    pairs: [{ label: 'LoRA', coto: false, from: { adapterId: 'a' }, to: { adapterId: 'b' } }],
  });

  test('λ: percent over λ, a color for each group and a dash for each method, and what they mean', () => {
    const figure = interpolationFigure(interpolationResult, config, words, light);
    expect(named(figure, 'LoRA, factors')).toMatchObject({ x: [0, 0.5, 1], y: [70, 60, 72], line: { dash: 'solid' } });
    expect(named(figure, 'LoRA, ΔW')).toMatchObject({
      y: [70, 69, 72],
      line: { dash: 'dash', color: seriesColors(light).without },
    });
    expect(colorOf(named(figure, 'LoRA + CoTo, factors'))).toBe(seriesColors(light).coto);
    // Meaning of two colors and two dashes.
    expect(figure.data.filter((trace) => trace['showlegend'] === true)).toHaveLength(4);
    expect(figure.caption).toContain('LoRA, factors 11.0 points');
    expect(figure.caption).toContain('none over seeds');
    const loss = interpolationFigure(interpolationResult, config, words, light, 'loss');
    expect(named(loss, 'LoRA, factors')).toMatchObject({ y: [1, 1.5, 1] });
  });

  test('λ: one pair has a band over its test examples, the line between its ends and the barrier', () => {
    const figure = interpolationFigure(interpolationResult, config, words, light);
    // Wilson's interval of 70 of 100, of 60 and of 72, there and back.
    const band = [named(figure, 'LoRA, factors: spread')['y']].flat().map(Number);
    expect(band[0]).toBeCloseTo(78.105, 2);
    expect(band.at(-1)).toBeCloseTo(60.415, 2);
    expect(figure.data.some((trace) => trace['name'] === 'LoRA, ΔW: spread')).toBe(false);
    expect(named(figure, 'LoRA, factors: line between the ends')).toMatchObject({ x: [0, 1], y: [70, 72] });
    expect(named(figure, 'LoRA, factors: barrier')).toMatchObject({ x: [0.5, 0.5], y: [71, 60] });
    expect(figure.caption).toContain('bands and intervals are 95 % intervals over the test examples');
    const loss = interpolationFigure(interpolationResult, config, words, light, 'loss');
    expect(loss.data.some((trace) => trace['name'] === 'LoRA, factors: spread')).toBe(false);
    expect(named(loss, 'LoRA, factors: barrier')).toMatchObject({ y: [1, 1.5] });
  });

  test('λ: the axis is so high that the noise of few test examples is no barrier', () => {
    const height = (examples: number, count: number) => {
      const [pair] = interpolationResult.pairs;
      const flat = (pair?.curves ?? []).slice(0, 1).map((curve) => ({
        ...curve,
        points: curve.points.map((point, at) => ({ ...point, accuracy: 0.5 + at / 1000, loss: 2 + at / 1000 })),
      }));
      const pairs = Array.from({ length: count }, () => ({ label: 'LoRA', name: '', coto: false, curves: flat }));
      return (['accuracy', 'loss'] as const).map((metric) => {
        const { yaxis } = interpolationFigure(
          { ...interpolationResult, examples, pairs },
          config,
          words,
          light,
          metric,
        ).layout;
        if (typeof yaxis !== 'object' || yaxis === null || !('range' in yaxis)) throw new Error('no axis');
        const [low, high] = [yaxis['range']].flat().map(Number);
        return (high ?? 0) - (low ?? 0);
      });
    };
    // Two equal pairs have no spread: two standard errors of 5 points to each side of a half of 100 examples.
    expect(height(100, 2)[0]).toBeCloseTo(20, 1);
    // With many examples, two standard errors are half a point: 5 points to each side.
    expect(height(10_000, 2)[0]).toBeCloseTo(10, 9);
    expect(height(100, 1)[0]).toBeGreaterThan(19);
    // A loss of 2 nats.
    expect(height(100, 1)[1]).toBeCloseTo(0.2, 2);
  });

  test('λ: the ends are named by their adapters', () => {
    const pairs = [
      { label: 'LoRA', name: '', coto: false, from: { adapterId: 'a' }, to: { adapterId: 'b' } },
      { label: 'LoRA + CoTo', name: '', coto: true, from: { adapterId: 'c' }, to: { adapterId: 'd' } },
    ];
    const namedWords = {
      ...words,
      adapterName: (adapter: PlannedAdapter) => ('adapterId' in adapter ? `the ${adapter.adapterId}` : null),
    };
    const both = interpolationFigure(interpolationResult, { ...config, pairs }, namedWords, light);
    expect(both.caption).toContain('λ from 0 to 1: the c to the d; the a to the b.');
    const one = { ...interpolationResult, pairs: interpolationResult.pairs.slice(0, 1) };
    const alone = interpolationFigure(one, { ...config, pairs: pairs.slice(0, 1) }, namedWords, light);
    expect(alone.layout['xaxis']).toMatchObject({ title: { text: 'λ' } });
    expect(alone.layout['annotations']).toMatchObject([
      { x: 0, text: '← the a', xanchor: 'left' },
      { x: 1, text: 'the b →', xanchor: 'right' },
    ]);
    const longWords = { ...words, adapterName: () => `a name that is longer than ${'x'.repeat(20)} seed 4` };
    const long = interpolationFigure(one, { ...config, pairs: pairs.slice(0, 1) }, longWords, light);
    expect(long.layout['annotations']).toMatchObject([{ text: '← a name that is l … xxxxxxxxxx seed 4' }, {}]);
    expect(long.caption).toContain('λ from 0 to 1: a name that is longer than');
  });

  test('λ: what stands in for the factor average is drawn like it', () => {
    const result = structuredClone(interpolationResult);
    for (const curve of result.pairs[1]?.curves ?? [])
      if (curve.method === 'factor-average') curve.method = 'parameter-average';
    const figure = interpolationFigure(result, config, { mergeMethod: (id) => id }, light);
    const dash = { line: { dash: 'solid' } };
    expect(named(figure, 'LoRA, factor-average')).toMatchObject(dash);
    expect(named(figure, 'LoRA + CoTo, parameter-average')).toMatchObject(dash);
    expect(named(figure, 'factor-average or parameter-average')).toMatchObject({ ...dash, showlegend: true });
  });

  test('λ: several pairs of a group are one line with a band, and the caption says that they share adapters', () => {
    const [lora] = interpolationResult.pairs;
    const pairs = [0, 1, 2].map((shift) => ({
      label: 'LoRA',
      name: `pair ${shift}`,
      coto: false,
      curves: (lora?.curves ?? []).map((curve) => ({
        ...curve,
        points: curve.points.map((point) => ({ ...point, accuracy: (point.accuracy ?? 0) - shift / 100 })),
      })),
    }));
    const reference = (id: string) => ({ adapterId: id });
    const shared = { label: 'LoRA', name: '', coto: false, from: reference('a') };
    const joined = [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ] as const;
    const all = {
      ...config,
      pairs: joined.map(([from, to]) => ({ ...shared, from: reference(from), to: reference(to) })),
    };
    const figure = interpolationFigure({ ...interpolationResult, pairs }, all, words, light);
    const [first] = [named(figure, 'LoRA, factors')['y']].flat();
    expect(first).toBeCloseTo(69, 12);
    const band = [named(figure, 'LoRA, factors: spread')['y']].flat();
    // 70, 69, 68 of the pairs a b, a c, b c: without c, b and a are left the same, with a variance of 2/3 · 2.
    expect(band[0]).toBeCloseTo(69 + 4.3027 * Math.sqrt(4 / 3), 3);
    expect(figure.caption).toMatch(/mean over 3 pairs \(a jackknife over adapters, since pairs share them\)/);
    const disjoint = {
      ...config,
      pairs: ['b', 'd', 'f'].map((id, at) => ({ ...shared, from: reference(`${at}`), to: reference(id) })),
    };
    const apart = interpolationFigure({ ...interpolationResult, pairs }, disjoint, words, light);
    // s = 1, half width 4.3027 / √3.
    expect([named(apart, 'LoRA, factors: spread')['y']].flat()[0]).toBeCloseTo(69 + 4.3027 / Math.sqrt(3), 3);
    expect(apart.caption).toContain("(Student's t)");
  });

  test('pruning: what each pattern costs against unpruned, every seed a dot that leads back to its adapter', () => {
    const figure = pruningFigure(pruningResult, light);
    // CoTo's seeds: 70 − 73 and 70 − 73, then 60 − 73 and 64 − 73: two are too few for an interval, so the bar spans them.
    const dots = named(figure, 'LoRA + CoTo');
    expect([dots['x']].flat().map((value) => Number(Number(value).toFixed(9)))).toEqual([-3, -11]);
    const interval = dots['error_x'];
    if (typeof interval !== 'object' || interval === null || !('array' in interval)) throw new Error('no interval');
    expect([interval.array].flat().map((value) => Number(Number(value).toFixed(9)))).toEqual([0, 2]);
    expect(named(figure, 'LoRA + CoTo: each seed')['customdata']).toEqual([
      [2, 0],
      [3, 0],
      [2, 1],
      [3, 1],
    ]);
    expect(dots['customdata']).toEqual([
      [
        [2, 0],
        [3, 0],
      ],
      [
        [2, 1],
        [3, 1],
      ],
    ]);
    expect(figure.layout['shapes']).toMatchObject([{ x0: 0, x1: 0 }]);
    expect(figure.layout['yaxis']).toMatchObject({ ticktext: ['Every other layer', 'Low third'], range: [1.5, -0.5] });
    expect(figure.caption).toContain('range over 2 seeds');
  });

  test('pruning: a single seed has an interval over the test examples', () => {
    const { adapters, ...rest } = pruningResult;
    const figure = pruningFigure({ ...rest, adapters: adapters.slice(0, 1) }, light);
    const interval = named(figure, 'LoRA')['error_x'];
    if (typeof interval !== 'object' || interval === null || !('array' in interval)) throw new Error('no interval');
    // 60 and 70 of 100: Wilson has 50.20 to 69.06 and 60.42 to 78.11, so that Newcombe has −10 to √(9.06² + 9.58²) above.
    expect(Number([interval.array].flat()[0])).toBeCloseTo(13.19, 1);
    expect(figure.caption).toContain('Single seed');
    const curve = gridFigure({ ...rest, adapters: adapters.slice(0, 1) }, 0, light);
    expect(Number([named(curve, 'LoRA: over examples')['y']].flat()[0])).toBeCloseTo(78.105, 2);
  });

  test('a grid of shares: starts at the unpruned adapter, band over two seeds', () => {
    const figure = gridFigure(pruningResult, 0, light);
    expect(named(figure, 'LoRA + CoTo')).toBeDefined();
    const mean = figure.data.find((trace) => trace['name'] === 'LoRA' && trace['mode'] === 'lines+markers');
    expect(mean).toMatchObject({
      x: [0, 50],
      y: [71, 41],
      customdata: [
        [
          [0, -1],
          [1, -1],
        ],
        [
          [0, 0],
          [1, 0],
        ],
      ],
    });
    expect(figure.data.some((trace) => trace['name'] === 'LoRA: spread')).toBe(true);
    // Scores lie between 40 and 73 per cent, with 6 % of that to each side.
    expect([Object(figure.layout['yaxis']).range].flat().map(Number)[0]).toBeCloseTo(40 - 0.06 * 33, 9);
  });

  test('merging: single adapters and each method, by the names that people know, CoTo first', () => {
    const figure = mergingFigure(mergingResult, light, {
      mergeMethod: (id) => (id === 'factor-average' ? 'Factor average' : id),
    });
    const dots = named(figure, 'LoRA');
    expect(dots['x']).toEqual([71, 65, 73]);
    const interval = dots['error_x'];
    if (typeof interval !== 'object' || interval === null || !('array' in interval)) throw new Error('no interval');
    const above = [interval.array].flat().map(Number);
    // The two single adapters, 70 and 72, span the bar; a merge is one value, with Wilson's interval of 65 of 100.
    expect(above[0]).toBeCloseTo(1, 9);
    expect(above[1]).toBeCloseTo(8.6, 1);
    expect(figure.layout['yaxis']).toMatchObject({ ticktext: ['single adapters', 'Factor average', 'ensemble'] });
    expect(figure.layout['shapes']).toMatchObject([{ x0: 73 }, { x0: 71 }]);
    const shown = figure.data.filter((trace) => trace['showlegend'] !== false).map(({ name }) => name);
    expect(shown).toEqual(['LoRA + CoTo', 'LoRA']);
  });

  test('a second variant takes the next dash, a series is told by label and CoTo', () => {
    const series = [
      { label: 'LoRA', coto: false },
      { label: 'DoRA', coto: false },
    ];
    const styles = studyStyles(series, light);
    expect([...styles.values()].map((style) => style.dash)).toEqual(['solid', 'dash']);
    expect(bySeries(pruningResult.adapters).map(({ label, entries }) => [label, entries.length])).toEqual([
      ['LoRA + CoTo', 2],
      ['LoRA', 2],
    ]);
  });

  test('seeds in the names make no series of their own', () => {
    const labels = ['LoRA · seed 1', 'LoRA + CoTo, seed 12', 'LoRA seed=3', 'seed 4', 'Linseed 5 oil'];
    expect(labels.map(seriesLabel)).toEqual(['LoRA', 'LoRA + CoTo', 'LoRA', 'seed 4', 'Linseed 5 oil']);
  });

  test('step times start at zero', () => {
    const figure = stepTimeFigure([{ id: 'a', label: 'LoRA', coto: false, seed: 1, meanStepMilliseconds: 300 }], light);
    expect(named(figure, 'LoRA')).toMatchObject({ y: [300] });
    expect(figure.layout['yaxis']).toMatchObject({ range: [0, 375] });
  });
});

test('names at line ends are moved apart and never above the plot', () => {
  const style = { color: seriesColors(light).coto, dash: 'solid', pattern: '' };
  const ends = ['a', 'b', 'c'].map((label) => ({ label, style, x: 1, y: 100 }));
  const heights = lineEnds(light, ends, [0, 100], 160).map((annotation) => Number(annotation['y']));
  expect(heights).toEqual([80, 90, 100]);
});

test('names that people typed are shown as typed', () => {
  const result = structuredClone(interpolationResult);
  for (const pair of result.pairs) pair.label = '<b>x & y</b>';
  const words = { mergeMethod: (id: string) => id };
  const config = interpolationStudy.configSchema.parse({
    kind: 'interpolation',
    dataset: 'data',
    pairs: [{ label: 'x', coto: false, from: { adapterId: 'a' }, to: { adapterId: 'b' } }],
  });
  expect(interpolationFigure(result, config, words, light).data.map(({ name }) => name)).toContain(
    '&lt;b&gt;x &amp; y&lt;/b&gt;, factor-average',
  );
});
