import { expect, test } from 'vitest';
import { FrameKeeper } from '../../../src-renderer/plots/live/frame-keeper.ts';
import { readLive } from '../../../src-renderer/plots/live/live-figure.ts';

function figure(y: readonly number[], { type = 'linear', end = 100, title = 'loss' } = {}) {
  const x = y.map((_, index) => index);
  return {
    data: [{ type: 'scatter', x, y, mode: 'lines', line: { color: '#000000' } }],
    layout: { xaxis: { range: [0, end] }, yaxis: { type, title: { text: title } } },
  };
}

function live(...from: Parameters<typeof figure>) {
  const parsed = readLive(figure(...from));
  if (parsed === null) throw new Error('not drawable');
  return parsed;
}

test('the frame stays as long as its axes hold the values and are filled by them', () => {
  const keeper = new FrameKeeper();
  const first = keeper.of(live([3, 1]), '');
  expect(first.data).toMatchObject([{ x: [0, 100], y: [1, 3], opacity: 0 }]);
  expect(keeper.of(live([3, 1, 2, 1.5]), '')).toBe(first);
  const lower = keeper.of(live([3, 1, 0.5]), '');
  // With room for the next ones on the side where they went.
  expect(lower.data).toMatchObject([{ y: [0.25, 3] }]);
  expect(keeper.of(live([3, 1, 0.5, 0.3]), '')).toBe(lower);
  expect(keeper.of(live([2.2, 1.2]), '')).not.toBe(lower);
});

test('the frame is made anew where it looks different', () => {
  const keeper = new FrameKeeper();
  const first = keeper.of(live([3, 1]), 'light');
  expect(keeper.of(live([3, 1]), 'dark')).not.toBe(first);
  const renamed = keeper.of(live([3, 1], { title: 'perplexity' }), 'dark');
  expect(renamed.layout).toMatchObject({ yaxis: { title: { text: 'perplexity' } } });
});

test('a range that the figure asks for is followed once it differs', () => {
  const keeper = new FrameKeeper();
  const first = keeper.of(live([3, 1], { end: 100 }), '');
  expect(keeper.of(live([3, 1], { end: 100.5 }), '')).toBe(first);
  expect(keeper.of(live([3, 1], { end: 110 }), '').layout).toMatchObject({ xaxis: { range: [0, 110] } });
});

test('a logarithmic axis is ranged by the values that it can have', () => {
  const frame = new FrameKeeper().of(live([0, 0.01, 10], { type: 'log' }), '');
  const [anchor] = frame.data;
  expect(anchor).toMatchObject({ y: [expect.closeTo(0.01), expect.closeTo(10)] });
});

test('plotly keeps figures without a canvas: bars, and figures with a legend', () => {
  expect(readLive({ data: [{ type: 'bar', x: [1], y: [1] }], layout: {} })).toBeNull();
  expect(readLive({ ...figure([1]), layout: { showlegend: true } })).toBeNull();
});
