import { expect, test } from 'vitest';
import { groupCurvesFigure } from '../../../src-shared/figures/group-curves.ts';
import { type MetricRun, metricFigure } from '../../../src-shared/figures/index.ts';
import { makeCurve } from '../curves/make-curve.ts';

function run(id: string, group: string, metric: string, values: readonly number[]): MetricRun {
  const steps = values.map((_, step) => step * 10);
  return {
    ...{ id, label: id, group, coto: group.includes('CoTo'), variant: 'lora', totalSteps: 100, examplesPerStep: 4 },
    curves: new Map([[metric, makeCurve(metric, steps, values)]]),
  };
}

const light = { dark: false };
const accuracy = { metric: 'eval_accuracy', title: 'Accuracy', yTitle: 'accuracy (%)', factor: 100, smoothing: 0.9 };

/** The strong line of a group: the only one with a hover. */
function lineOf(figure: ReturnType<typeof groupCurvesFigure>, name: string) {
  return figure.data.find((trace) => trace['name'] === name && 'hovertemplate' in trace);
}

test('a group of seeds is drawn as its mean, a band and a thin line a seed; evaluations are never smoothed', () => {
  const figure = groupCurvesFigure(
    [
      run('a', 'LoRA + CoTo', 'eval_accuracy', [0.5, 0.7]),
      run('b', 'LoRA + CoTo', 'eval_accuracy', [0.75, 0.8]),
      run('c', 'LoRA', 'eval_accuracy', [0.4, 0.5]),
    ],
    accuracy,
    light,
  );
  expect(lineOf(figure, 'LoRA + CoTo')).toMatchObject({ x: [0, 10], y: [62.5, 75] });
  expect(lineOf(figure, 'LoRA')).toMatchObject({ x: [0, 10], y: [40, 50], customdata: ['c', 'c'] });
  const band = figure.data.find((trace) => trace['fill'] === 'toself');
  expect(band?.['y']).toEqual([75, 80, 70, 50]);
  expect(figure.data.map((trace) => trace['name'])).toEqual(['LoRA + CoTo: spread', 'a', 'b', 'LoRA + CoTo', 'LoRA']);
  expect(figure.caption).toContain('mean of 2 seeds');
  expect(figure.caption).not.toContain('Moving average');
});

test('training losses are smoothed before their mean is taken', () => {
  const figure = groupCurvesFigure(
    [run('a', 'LoRA', 'loss', [1, 3]), run('b', 'LoRA', 'loss', [3, 5])],
    { metric: 'loss', title: 'Loss', yTitle: 'loss', smoothing: 0.5 },
    light,
  );
  // Smoothing 1, 3 with weight 1/2 gives 1, then (0.5 · 0.5 · 1 + 0.5 · 3) / 0.75 = 7/3; the other run is 2 above.
  expect(lineOf(figure, 'LoRA')?.['y']).toEqual([2, expect.closeTo(7 / 3 + 1, 10)]);
});

test('the axis of an evaluation in per cent is not so narrow that noise looks like an effect', () => {
  const figure = groupCurvesFigure(
    [run('a', 'LoRA', 'eval_accuracy', [0.7, 0.72])],
    { ...accuracy, examples: 10_000 },
    light,
  );
  // 71 in the middle, ten points at least.
  expect(figure.layout['yaxis']).toMatchObject({ range: [66, 76] });
});

test('a single evaluation of several seeds is a point with its interval', () => {
  const figure = groupCurvesFigure(
    [run('a', 'LoRA', 'eval_accuracy', [0.5]), run('b', 'LoRA', 'eval_accuracy', [0.75])],
    accuracy,
    light,
  );
  expect(lineOf(figure, 'LoRA')).toMatchObject({ y: [62.5] });
  expect(lineOf(figure, 'LoRA')?.['error_y']).toMatchObject({ array: [12.5] });
});

test('so it is on the page of one run, and the axis goes below no 0 %', () => {
  const exact = { metric: 'eval_exact_match', title: 'Exact match', yTitle: 'exact match (%)', factor: 100 };
  const never = metricFigure([run('a', 'LoRA', 'eval_exact_match', [0, 0, 0])], exact, light);
  expect(never.layout['yaxis']).toMatchObject({ range: [0, 10] });
  const close = metricFigure([run('a', 'LoRA', 'eval_accuracy', [0.7, 0.72])], accuracy, light);
  expect(close.layout['yaxis']).toMatchObject({ range: [66, 76] });
});
