import { expect, test, vi } from 'vitest';

vi.mock('../../../src-renderer/plots/figure-theme.ts', () => ({}));
const { zoomedRange } = await import('../../../src-renderer/plots/plotly-view.ts');

test('only a change of the x range is a zoom', () => {
  expect(zoomedRange({ 'xaxis.range[0]': 1, 'xaxis.range[1]': 2.5, 'yaxis.range[0]': 0 })).toEqual([1, 2.5]);
  expect(zoomedRange({ 'xaxis.autorange': true, 'yaxis.autorange': true })).toBeNull();
  expect(zoomedRange({ 'yaxis.range[0]': 0 })).toBeUndefined();
  expect(zoomedRange({ width: 300 })).toBeUndefined();
});
