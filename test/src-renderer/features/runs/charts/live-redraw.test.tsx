// @vitest-environment happy-dom
import { act } from '@testing-library/react';
import { Profiler } from 'react';
import { expect, test, vi } from 'vitest';
import { createStore } from 'zustand';
import type { HistorySnapshot } from '../../../../../src-renderer/features/runs/charts/history-feed.ts';
import { type RunRecord, runConfigSchema } from '../../../../../src-shared/domain/runs/run.ts';
import type { Curve } from '../../../../../src-shared/domain/runs/run-history.ts';
import { runInfoSchema } from '../../../../../src-shared/domain/runs/run-info.ts';
import { makeCurve } from '../../../../src-shared/curves/make-curve.ts';
import { renderInWindow } from '../../../window.tsx';

vi.mock('../../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../../fake-backend.ts')).request,
}));
const drawn: string[] = [];
// happy-dom lays nothing out, so that plotly cannot draw: which figures are to be drawn is what these tests are about.
vi.mock('../../../../../src-renderer/plots/plotly-view.ts', () => ({
  PlotlyView: class {
    show(_source: object, { name }: { name: string }) {
      drawn.push(name);
    }
    dispose() {}
  },
}));
const { RunOverview } = await import('../../../../../src-renderer/features/runs/page/run-overview.tsx');
const { RunTiles } = await import('../../../../../src-renderer/features/runs/page/run-tiles.tsx');

const facts = runInfoSchema.parse({
  ...{ totalSteps: 500, trainableParameters: 1, totalParameters: 2, groups: [], trainExamples: 1, evalExamples: 1 },
  ...{ backend: 'native', threads: 2 },
});
const run: RunRecord = {
  ...{ id: 'a', name: 'a', config: runConfigSchema.parse({}), modelId: 'b', datasetId: 'd', folder: '' },
  status: 'running',
  ...{ tags: [], note: '', starred: false, archived: false, studyId: null, step: 142, checkpoints: [] },
  ...{ facts, result: null, adapterId: null, error: null, createdAt: 1, startedAt: 1, finishedAt: null },
};
const query = { ids: ['a'], metrics: ['loss'], masks: true, from: null, to: null, buckets: 100 };
const accuracy = makeCurve('eval_accuracy', [0, 50, 100], [0.5, 0.6, 0.7]);
const evaluated = makeCurve('eval_loss', [0, 50, 100], [3, 2, 1]);

function snapshotOf(...curves: Curve[]): HistorySnapshot {
  return { query, runs: new Map([['a', { curves: new Map(curves.map((one) => [one.metric, one])), masks: null }]]) };
}

function lossOf(...values: number[]): Curve {
  return makeCurve('loss', [...values.keys()], values);
}

const view = { smoothing: 0, logScale: false, x: 'step' as const };
const started = () => createStore(() => ({ snapshot: snapshotOf(lossOf(3, 2), accuracy, evaluated) }));

test('a new point of the loss draws its figure, and renders nothing of the overview', () => {
  const history = started();
  const rendered = vi.fn();
  renderInWindow(
    <Profiler id="overview" onRender={rendered}>
      <RunOverview run={run} history={history} view={view} onView={() => undefined} />
    </Profiler>,
  );
  expect(drawn).toEqual(['Training loss', 'Eval accuracy']);
  const before = rendered.mock.calls.length;
  drawn.length = 0;
  act(() => history.setState({ snapshot: snapshotOf(lossOf(3, 2, 1), accuracy, evaluated) }));
  expect(drawn).toEqual(['Training loss']);
  expect(rendered).toHaveBeenCalledTimes(before);
});

test('the tiles say a new point at once', () => {
  const history = started();
  const tiles = renderInWindow(<RunTiles run={run} history={history} />);
  expect(tiles.getByText('2.000')).toBeTruthy();
  act(() => history.setState({ snapshot: snapshotOf(lossOf(3, 2, 1), accuracy, evaluated) }));
  expect(tiles.getByText('1.000')).toBeTruthy();
});
