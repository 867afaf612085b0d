import { expect, test } from 'vitest';
import {
  rollingMedian,
  stepTimeByShare,
  stepTimeFigure,
} from '../../../../../src-renderer/features/runs/charts/step-time-figures.ts';
import { makeCurve } from '../../../../src-shared/curves/make-curve.ts';

const light = { dark: false };

test('a step that waited has no part in the rolling median, and does not set the scale', () => {
  const times = [10, 10, 11, 900, 10, 10, 11, 10];
  expect(rollingMedian(times, 5)).toEqual([10, 10.5, 10, 10, 11, 10, 10, 10]);
  const curve = makeCurve(
    'step_milliseconds',
    [...times.keys(), ...[8, 9, 10, 11, 12]],
    [...times, 10, 10, 10, 10, 10],
  );
  const figure = stepTimeFigure(curve, 20, true, light);
  expect(figure.layout).toMatchObject({ yaxis: { range: [0, expect.closeTo(1.6 * 11, 5)] } });
  expect(figure.hover).toBe('step');
});

test('the time of a step is set against the share of layers that were on', () => {
  const steps = [0, 1, 2, 3, 4, 5];
  const times = makeCurve('step_milliseconds', steps, [10, 12, 11, 20, 22, 21]);
  const shares = makeCurve('active_share', steps, [0.5, 0.5, 0.5, 1, 1, 1]);
  const figure = stepTimeByShare(times, shares, true, light);
  expect(figure?.data[1]).toMatchObject({ x: [50, 100], y: [11, 21] });
  expect(stepTimeByShare(times, makeCurve('active_share', steps, [1, 1, 1, 1, 1, 1]), true, light)).toBeNull();
  expect(stepTimeByShare(times, undefined, false, light)).toBeNull();
});
