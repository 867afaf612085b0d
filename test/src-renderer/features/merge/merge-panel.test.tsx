// @vitest-environment happy-dom
import { act, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { emptyBench } from '../../../../src-renderer/features/merge/bench-memory.ts';
import { useBench } from '../../../../src-renderer/features/merge/bench-store.ts';
import { useMergePanel } from '../../../../src-renderer/features/merge/use-merge-panel.ts';
import { adapter, backend, catalog, dataset, job } from '../../fake-backend.ts';
import { renderHookInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const chosen = [adapter('a'), adapter('b')];

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'merge.preflight': () => [{ check: 'base', verdict: 'ok', message: 'Same base.', remedy: null, adapter: null }],
    'merge.start': () => job('j', 'merge'),
    'runs.list': () => [],
    'app.catalog': () => catalog,
  };
  useBench.setState(
    {
      ...emptyBench,
      bench: chosen.map(({ id }) => ({ adapterId: id, weight: 0.5, locked: false })),
      method: 'ties',
      parameters: { density: 0.2 },
    },
    true,
  );
});

test('checks and merges the chosen method as declared', async () => {
  const { result } = renderHookInWindow(() => useMergePanel(chosen, catalog));
  expect(result.current.canMerge).toBe(false);
  await waitFor(() => expect(result.current.canMerge).toBe(true));
  act(() => result.current.evaluation.change({ eval_samples: 40 }));
  act(() => result.current.merge());
  await waitFor(() => expect(useBench.getState().mergeJobId).toBe('j'));
  expect(backend.inputsOf('merge.start')).toEqual([
    {
      adapters: [
        { adapterId: 'a', weight: 0.5 },
        { adapterId: 'b', weight: 0.5 },
      ],
      method: 'ties',
      parameters: { density: 0.2 },
      datasets: [],
      eval_samples: 40,
      tuning_samples: 64,
      placebos: false,
    },
  ]);
});

test('a value that the declaration refuses is not asked about, and stops the merge', async () => {
  const { result } = renderHookInWindow(() => useMergePanel(chosen, catalog));
  await waitFor(() => expect(result.current.canMerge).toBe(true));
  const before = backend.inputsOf('merge.preflight').length;
  act(() => result.current.setParameters({ density: 2 }));
  expect(result.current.canMerge).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(backend.inputsOf('merge.preflight').length).toBe(before);
  expect(result.current.preflight.lines).toHaveLength(1);
  act(() => result.current.setParameters({}));
  act(() => result.current.evaluation.change({ eval_samples: 'all' }));
  expect(result.current.canMerge).toBe(false);
  expect(useBench.getState().evalSamples).toBe(emptyBench.evalSamples);
});

test('further datasets are those that fit and that no adapter names', async () => {
  const fit = (datasetId: string, problem: string | null) => ({ datasetId, problem });
  backend.answers = {
    ...backend.answers,
    'datasets.list': () => ['digits', 'letters', 'texts'].map((id) => dataset(id)),
    'evaluate.datasets': () => [fit('digits', null), fit('letters', null), fit('texts', 'This model reads images.')],
  };
  const { result } = renderHookInWindow(() => useMergePanel(chosen, catalog));
  await waitFor(() => expect(result.current.further.offered).toEqual([{ value: 'letters', label: 'letters' }]));
  act(() => result.current.further.change(['letters']));
  await waitFor(() => expect(result.current.canMerge).toBe(true));
  act(() => result.current.merge());
  await waitFor(() => expect(backend.inputsOf('merge.start')).toMatchObject([{ datasets: ['letters'] }]));
});

test('a merge that was not started says why beside its button, and forgets it with the next', async () => {
  const { result } = renderHookInWindow(() => useMergePanel(chosen, catalog));
  await waitFor(() => expect(result.current.canMerge).toBe(true));
  const start = backend.answers['merge.start'];
  backend.answers = {
    ...backend.answers,
    'merge.start': () => {
      throw new Error('The disk is full.');
    },
  };
  act(() => result.current.merge());
  await waitFor(() => expect(result.current.failure?.message).toBe('The disk is full.'));
  backend.answers = { ...backend.answers, ...(start ? { 'merge.start': start } : {}) };
  act(() => result.current.merge());
  await waitFor(() => expect(useBench.getState().mergeJobId).toBe('j'));
  expect(result.current.failure).toBeNull();
});

test('another method keeps the values that it declares too', () => {
  const { result } = renderHookInWindow(() => useMergePanel(chosen, catalog));
  act(() => result.current.chooseMethod('dare'));
  expect(useBench.getState()).toMatchObject({ method: 'dare', parameters: { density: 0.2 } });
  act(() => result.current.chooseMethod('factor-average'));
  expect(useBench.getState().parameters).toEqual({});
});
