import { expect, test } from 'vitest';
import { groupHeatmap, stepTimeOverShare } from '../../../../src-renderer/features/runs/figures.ts';
import type { Curve } from '../../../../src-shared/domain/run-history.ts';
import { makeCurve } from '../../../src-shared/curves/make-curve.ts';

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

test('a group that was off in a step leaves its cell empty; rows count from the input up', () => {
  const figure = groupHeatmap(
    curves(
      makeCurve('grad_norm/layers.0', [0, 1], [2, 4]),
      makeCurve('grad_norm/layers.1', [1], [3]),
      makeCurve('grad_norm', [1], [5]),
    ),
    facts,
    { metric: 'grad_norm', title: 'Norm' },
    { dark: false },
  );
  expect(figure.data[0]).toMatchObject({
    x: [0, 1],
    z: [
      [2, 4],
      [null, 3],
    ],
  });
});

test('groups that are folded by different widths share the wider columns, each value counted once', () => {
  const steps = [0, 1, 2, 3];
  const figure = groupHeatmap(
    curves(makeCurve('grad_norm/layers.0', steps, [1, 2, 3, 6], 2), makeCurve('grad_norm/layers.1', [0, 3], [5, 7])),
    facts,
    { metric: 'grad_norm', title: 'Norm' },
    { dark: false },
  );
  expect(figure.data[0]).toMatchObject({
    x: [0.5, 2.5],
    z: [
      [1.5, 4.5],
      [5, 7],
    ],
  });
  expect(figure.caption).toContain('mean of up to 2 steps');
});

test('the share of active groups has an axis only where it was recorded', () => {
  const times = makeCurve('step_milliseconds', [0, 1], [10, 30]);
  const plain = stepTimeOverShare(curves(times), 3, false, { dark: false });
  expect(plain.data).toHaveLength(1);
  expect(plain.layout).not.toHaveProperty('yaxis2');
  const coto = stepTimeOverShare(curves(times, makeCurve('active_share', [0], [0.25])), 3, true, { dark: false });
  expect(coto.data.map((trace) => trace['name'])).toEqual(['active layers', 'step time']);
  expect(coto.data[0]).toMatchObject({ y: [25], yaxis: 'y2' });
  expect(coto.layout).toHaveProperty('yaxis2');
});
