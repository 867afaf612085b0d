import { expect, test } from 'vitest';
import { groupHeatmap } from '../../../../../src-renderer/features/runs/charts/figures.ts';
import { figureToCsv } from '../../../../../src-renderer/plots/figure-data.ts';
import type { Curve } from '../../../../../src-shared/domain/runs/run-history.ts';
import { themeColors } from '../../../../../src-shared/figures/index.ts';
import { makeCurve } from '../../../../src-shared/curves/make-curve.ts';

const facts = {
  totalSteps: 3,
  trainableParameters: 1,
  totalParameters: 2,
  groups: ['layers.0', 'layers.1'],
  maskRows: [],
  trainExamples: 1,
  evalExamples: 1,
  backend: 'wasm',
  threads: 1,
  computeDtype: 'float32' as const,
  runsTogether: 1,
  paddingShare: null,
};
const curves = (...all: Curve[]) => new Map(all.map((curve) => [curve.metric, curve]));

test('norms are drawn by their logarithm, a group that was off in a step in grey; rows count from the input up', () => {
  const figure = groupHeatmap(
    curves(
      makeCurve('grad_norm/layers.0', [0, 1], [0.01, 100]),
      makeCurve('grad_norm/layers.1', [1], [10]),
      makeCurve('grad_norm', [1], [5]),
    ),
    facts,
    { metric: 'grad_norm', title: 'Norm' },
    { dark: false },
  );
  const [off, norms] = figure.data;
  expect(norms).toMatchObject({
    x: [0, 1],
    z: [
      [-2, 2],
      [null, 1],
    ],
    colorbar: { tickvals: [-2, -1, 0, 1, 2], ticktext: ['0.01', '0.1', '1', '10', '100'] },
  });
  const { none, surface } = themeColors({ dark: false });
  expect(off).toMatchObject({
    z: [
      [null, null],
      [1, null],
    ],
    colorscale: [
      [0, none],
      [1, none],
    ],
  });
  expect(none).not.toBe(surface);
  const saved = figureToCsv(figure).split('\n');
  expect(saved).toContain('Norm,1,0,100,');
  expect(saved).toContain('Norm,0,1,,');
});

test('groups that are folded by different widths share the wider columns, each value counted once', () => {
  const steps = [0, 1, 2, 3];
  const figure = groupHeatmap(
    curves(makeCurve('grad_norm/layers.0', steps, [1, 2, 3, 6], 2), makeCurve('grad_norm/layers.1', [0, 3], [5, 7])),
    facts,
    { metric: 'grad_norm', title: 'Norm' },
    { dark: false },
  );
  expect(figure.data[1]).toMatchObject({
    x: [0.5, 2.5],
    customdata: [
      [1.5, 4.5],
      [5, 7],
    ],
  });
  expect(figure.caption).toContain('mean of up to 2 steps');
});

test('weights have a norm in every step: no step is grey', () => {
  const figure = groupHeatmap(
    curves(makeCurve('weight_norm/layers.0', [0, 10], [1, 2]), makeCurve('weight_norm/layers.1', [0, 10], [3, 4])),
    facts,
    { metric: 'weight_norm', title: 'Weight norm' },
    { dark: false },
  );
  expect(figure.data.map((trace) => trace['name'])).toEqual(['Weight norm']);
  expect(figure.caption).not.toContain('off');
});
