// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LiveScene } from '../../../src-renderer/plots/live/live-scene.ts';
import { lossStripFigure } from '../../../src-shared/figures/index.ts';
import { makeCurve } from '../../src-shared/curves/make-curve.ts';
import { renderInWindow } from '../window.tsx';

const axis = (offset: number, range: readonly [number, number]) => ({
  ...{ _offset: offset, _length: 100, range, type: 'linear' },
});
const fullLayout = { xaxis: axis(50, [0, 100]), yaxis: axis(0, [0, 3]), yaxis2: axis(120, [-0.5, 1.5]) };
const react = vi.fn(async (element: HTMLElement) =>
  Object.assign(element, { _fullLayout: { ...fullLayout, _size: { t: 0, h: 220 } }, on: () => undefined }),
);
// Neither plotly nor a worker can draw in happy-dom: who is asked to draw is what these tests are about.
vi.mock('../../../src-renderer/plots/plotly-bundle.ts', () => ({ default: { react, purge: () => undefined } }));
const scenes: LiveScene[] = [];
const cleared = vi.fn();
vi.mock('../../../src-renderer/plots/live/live-canvas.ts', () => ({
  LiveCanvas: class {
    paint(scene: LiveScene) {
      scenes.push(scene);
    }
    clear() {
      cleared();
    }
    dispose() {}
  },
}));
const { Figure } = await import('../../../src-renderer/plots/figure.tsx');

class Seen {
  private readonly tell: (entries: object[]) => void;
  constructor(tell: (entries: object[]) => void) {
    this.tell = tell;
  }
  observe() {
    this.tell([{ isIntersecting: true, contentRect: { width: 600 } }]);
  }
  disconnect() {}
}

beforeEach(() => {
  vi.stubGlobal('IntersectionObserver', Seen);
  vi.stubGlobal('ResizeObserver', Seen);
});
afterEach(() => {
  vi.unstubAllGlobals();
  react.mockClear();
  cleared.mockClear();
  scenes.length = 0;
});

/** The loss of a run of 100 steps, falling from 3 to `lowest`, after so many of them. */
function figureAfter(steps: number, lowest = 1) {
  const at = Array.from({ length: steps }, (_, step) => step);
  const values = at.map((step) => 3 - ((3 - lowest) * step) / Math.max(1, steps - 1));
  const run = {
    ...{ id: 'a', label: 'a', group: 'a', coto: true, variant: 'lora', totalSteps: 100, examplesPerStep: 8 },
    curves: new Map([['loss', makeCurve('loss', at, values)]]),
  };
  const shares = {
    ...{ firstStep: 0, nextStep: steps, width: 1, groupCount: 2 },
    counts: new Uint32Array(steps).fill(1),
    on: new Uint32Array(2 * steps).fill(1),
  };
  return lossStripFigure({ run, groups: ['one', 'two'], shares, coto: null, now: steps }, {}, { dark: false });
}

function show(steps: number, { live = true, lowest = 1 } = {}) {
  return <Figure figure={figureAfter(steps, lowest)} height={300} name="Training loss" live={live} />;
}

test('a live figure that grows is drawn on its canvas, without plotly', async () => {
  const view = renderInWindow(show(40));
  await expect.poll(() => scenes).toHaveLength(1);
  expect(react).toHaveBeenCalledTimes(1);
  view.rerender(show(60));
  await expect.poll(() => scenes).toHaveLength(2);
  const [curve, strip] = scenes[1]?.traces ?? [];
  expect([curve?.x.length, strip?.x.length]).toEqual([60, 60]);
  // The line at the present step moves with them.
  expect(scenes[1]?.lines).toMatchObject([{ x0: 60, x1: 60 }]);
  expect(react).toHaveBeenCalledTimes(1);
});

test('plotly draws new axes where the values leave them, and the whole figure once it is complete', async () => {
  const view = renderInWindow(show(40));
  await expect.poll(() => scenes).toHaveLength(1);
  view.rerender(show(60, { lowest: 0.5 }));
  await expect.poll(() => react).toHaveBeenCalledTimes(2);
  view.rerender(show(60, { live: false, lowest: 0.5 }));
  await expect.poll(() => cleared).toHaveBeenCalled();
  const traces: unknown = react.mock.calls.at(-1)?.at(1);
  expect(traces).toMatchObject([{ type: 'scatter', name: 'loss' }, { type: 'heatmap' }, { name: 'on' }]);
});
