// @vitest-environment happy-dom
import { act } from '@testing-library/react';
import { Profiler } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createStore } from 'zustand';
import { growingFigure } from '../../../src-renderer/plots/figure-source.ts';
import { renderInWindow } from '../window.tsx';

const shown: object[] = [];
// happy-dom lays nothing out, so that plotly cannot draw: what it is given to draw is what these tests are about.
vi.mock('../../../src-renderer/plots/plotly-view.ts', () => ({
  PlotlyView: class {
    show(source: object) {
      shown.push(source);
    }
    dispose() {}
  },
}));
const { SourcedFigure } = await import('../../../src-renderer/plots/figure.tsx');

const store = createStore(() => ({ loss: [3], other: 0 }));
const make = vi.fn((loss: readonly number[]) => ({
  data: [{ type: 'scatter', y: loss }],
  layout: { title: { text: 'Training loss' } },
}));
const source = growingFigure([store], () => [store.getState().loss], make);

beforeEach(() => store.setState({ loss: [3], other: 0 }));
afterEach(() => {
  shown.length = 0;
  make.mockClear();
});

test('a growing figure is made when it is asked for, and once for what it is made of', () => {
  const told = vi.fn();
  const stop = source.subscribe(told);
  store.setState({ loss: [3, 2] });
  store.setState({ loss: [3, 2, 1] });
  expect([told.mock.calls.length, make.mock.calls.length]).toEqual([2, 0]);
  const figure = source.current();
  expect(figure.data).toEqual([{ type: 'scatter', y: [3, 2, 1] }]);
  expect(source.current()).toBe(figure);
  expect(make).toHaveBeenCalledTimes(1);
  stop();
  store.setState({ loss: [] });
  expect(told).toHaveBeenCalledTimes(2);
});

test('unrelated changes leave it unchanged', () => {
  const told = vi.fn();
  const stop = source.subscribe(told);
  const figure = source.current();
  store.setState({ other: 1 });
  expect(told).not.toHaveBeenCalled();
  expect(source.current()).toBe(figure);
  stop();
});

test('a new point is handed to the drawing and renders nothing', () => {
  const rendered = vi.fn();
  renderInWindow(
    <Profiler id="figure" onRender={rendered}>
      <SourcedFigure source={source} height={300} name="Training loss" live />
    </Profiler>,
  );
  const [before, drawn] = [rendered.mock.calls.length, shown.length];
  for (const loss of [
    [3, 2],
    [3, 2, 1],
    [3, 2, 1, 0.5],
  ])
    act(() => store.setState({ loss }));
  expect(shown).toHaveLength(drawn + 3);
  expect(rendered).toHaveBeenCalledTimes(before);
});
