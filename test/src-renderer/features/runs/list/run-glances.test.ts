// @vitest-environment happy-dom
import { act, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { forgetGlances, glanceOf, useRunGlance } from '../../../../../src-renderer/features/runs/list/run-glances.ts';
import type { RunRecord } from '../../../../../src-shared/domain/runs/run.ts';
import { makeCurve } from '../../../../src-shared/curves/make-curve.ts';
import { backend } from '../../../fake-backend.ts';
import { renderHookInWindow } from '../../../window.tsx';
import { historyOf, makeRun } from '../run-records.ts';

vi.mock('../../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../../fake-backend.ts')).request,
}));

afterEach(() => void vi.useRealTimers());
beforeEach(() => {
  forgetGlances();
  backend.asked = [];
  backend.answers = { 'runs.history': historyOf };
});

const rows = (runs: readonly RunRecord[]) => runs.map((run) => useRunGlance(run));

test('rows that come into sight together are one small request, and an ended run is asked for once', async () => {
  const runs = [makeRun('1', { accuracy: 0.5 }), makeRun('2', { accuracy: 0.5 })];
  const { result, rerender } = renderHookInWindow(() => rows(runs));
  await waitFor(() => expect(result.current[1]?.loss?.mean.at(-1)).toBe(1));
  rerender();
  await act(() => new Promise((resolve) => setTimeout(resolve, 100)));
  const asked = backend.inputsOf('runs.history');
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ ids: ['1', '2'], masks: false, buckets: 30 });
});

test('a run that goes on is not asked for with each of its steps', async () => {
  let run = makeRun('1', {}, { step: 10 });
  const { result, rerender } = renderHookInWindow(() => useRunGlance(run));
  await waitFor(() => expect(result.current).not.toBeNull());
  vi.useFakeTimers();
  for (let step = 11; step < 20; step++) {
    run = { ...run, step };
    rerender();
    await act(() => vi.advanceTimersByTimeAsync(100));
  }
  expect(backend.inputsOf('runs.history')).toHaveLength(1);
  await act(() => vi.advanceTimersByTimeAsync(3000));
  expect(backend.inputsOf('runs.history')).toHaveLength(2);
});

test("shows a run's latest value and its best: for a perplexity, the lowest", () => {
  expect(glanceOf([makeCurve('eval_accuracy', [10, 20, 30], [0.5, 0.75, 0.625])]).score).toEqual({
    ...{ metric: 'accuracy', label: 'Accuracy', last: 0.625, best: 0.75, bestStep: 20 },
  });
  const language = glanceOf([
    makeCurve('eval_accuracy', [10, 20, 30], [0.2, 0.3, 0.3]),
    makeCurve('eval_perplexity', [10, 20, 30], [6, 4, 5]),
  ]);
  expect(language.score).toMatchObject({ metric: 'perplexity', last: 5, best: 4, bestStep: 20 });
  expect(glanceOf([makeCurve('loss', [0, 1], [2, 1])])).toMatchObject({ score: null });
});
