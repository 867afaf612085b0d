import { expect, test } from 'vitest';
import { closestText } from '../../../src-renderer/plots/live/closest.ts';
import { cellEdges } from '../../../src-renderer/plots/live/draw-heatmap.ts';
import type { PlotAxis } from '../../../src-renderer/plots/plot-axes.ts';

const axis = (range: readonly [number, number], isVertical: boolean): PlotAxis => ({
  ...{ offset: 0, length: 100, range, isLogarithmic: false, isVertical },
});
const axes = new Map([
  ['x', axis([-0.5, 9.5], false)],
  ['y', axis([-0.5, 1.5], true)],
]);

test('a live figure says the cell of its heat map that the pointer is on', () => {
  const cells = {
    type: 'heatmap',
    x: [0, 1],
    y: [0, 1],
    z: [
      [0, 1],
      [1, null],
    ],
    text: [
      ['in &lt;a&gt;: off', 'in: on'],
      ['out: on', ''],
    ],
    hovertemplate: 'step %{x}<br>%{text}<extra></extra>',
  };
  const at = (left: number, top: number) => closestText({ data: [cells], layout: {} }, axes, { left, top });
  expect(at(5, 90)).toBe('step 0\nin <a>: off');
  expect(at(15, 90)).toBe('step 1\nin: on');
  expect(at(5, 10)).toBe('step 0\nout: on');
  expect([at(15, 10), at(25, 90), at(5, 110)]).toEqual([null, null, null]);
});

test('and the nearest point of a curve, unless the figure says its curves elsewhere', () => {
  const curve = { type: 'scatter', x: [0, 5], y: [0, 1], hovertemplate: 'step %{x}<br>p = %{y:.3f}<extra></extra>' };
  const figure = { data: [curve], layout: {} };
  expect(closestText(figure, axes, { left: 50, top: 30 })).toBe('step 5\np = 1.000');
  expect(closestText(figure, axes, { left: 80, top: 30 })).toBeNull();
  expect(closestText({ ...figure, hover: 'step' }, axes, { left: 50, top: 30 })).toBeNull();
});

test('cells meet halfway, and the outer ones are as wide on their other side', () => {
  expect(cellEdges([0, 1, 3])).toEqual([-0.5, 0.5, 2, 4]);
  expect(cellEdges([7])).toEqual([6.5, 7.5]);
});
