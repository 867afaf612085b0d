// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { emptyBench } from '../../../../src-renderer/features/merge/bench-memory.ts';
import { currentBench, useBench } from '../../../../src-renderer/features/merge/bench-store.ts';
import MergePage from '../../../../src-renderer/pages/merge/merge-page.tsx';
import { adapter, backend, catalog } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const passed = { check: 'base', verdict: 'ok', message: 'Same base model.', remedy: null, adapter: null } as const;
const blocked = {
  check: 'ranks',
  verdict: 'refused',
  message: '"a" has rank 8, "b" has 4.',
  remedy: 'Use the ΔW average, which supports different ranks and targets.',
  adapter: 1,
} as const;

beforeEach(() => {
  backend.asked = [];
  const weightAverage = { id: 'weight-average', label: 'ΔW average', summary: 'Exact.', parameters: [] };
  backend.answers = {
    'app.catalog': () => ({
      ...catalog,
      mergeMethods: [...catalog.mergeMethods, { ...weightAverage, makes: 'adapter' }],
    }),
    'adapters.list': () => [adapter('a'), adapter('b')],
    'models.list': () => [],
    'datasets.list': () => [],
    'evaluate.datasets': () => [],
    'runs.list': () => [],
    'merge.preflight': ({ method }) => [passed, ...(method === 'weight-average' ? [] : [blocked])],
    'merge.identity': () => [
      { of: 'alone', exact: true, error: 0, module: null, reason: null },
      { of: 'twice', exact: false, error: 0.5, module: 'layers.0.q_proj', reason: null },
    ],
  };
  useBench.setState(
    { ...emptyBench, bench: ['a', 'b'].map((adapterId) => ({ adapterId, weight: 1 / 3, locked: false })) },
    true,
  );
});

test('shows a blocking error in its row, with one button that fixes it', async () => {
  const view = renderInWindow(<MergePage />);
  const rows = within(await view.findByRole('list', { name: 'Adapters on the bench' }));
  await waitFor(() => expect(rows.getByText('conflict')).toBeTruthy());
  expect(within(rows.getByRole('listitem', { name: 'b' })).getByText('conflict')).toBeTruthy();
  expect(view.getByRole('button', { name: '1 check passed' }).getAttribute('aria-expanded')).toBe('false');
  expect(view.getByRole('button', { name: 'Merge' }).hasAttribute('disabled')).toBe(true);
  fireEvent.click(view.getByRole('button', { name: 'Use ΔW average' }));
  expect(useBench.getState().method).toBe('weight-average');
  const isDisabled = () => view.getByRole('button', { name: 'Merge' }).hasAttribute('disabled');
  await waitFor(() => expect(isDisabled()).toBe(false));
  expect(rows.queryByText('conflict')).toBeNull();
});

test('or the guilty adapter is taken from the bench', async () => {
  const view = renderInWindow(<MergePage />);
  const checks = within(await view.findByRole('list', { name: 'Preflight checks' }));
  fireEvent.click(checks.getByRole('button', { name: 'Remove b from the bench' }));
  expect(currentBench().map(({ adapterId }) => adapterId)).toEqual(['a']);
});

test('rows are moved by the arrow keys of their handles; weights have three digits until they have the focus', async () => {
  const view = renderInWindow(<MergePage />);
  const handle = await view.findByRole('button', { name: 'Move a, row 1 of 2: drag, or arrow up and down' });
  fireEvent.keyDown(handle, { key: 'ArrowDown' });
  expect(currentBench().map(({ adapterId }) => adapterId)).toEqual(['b', 'a']);
  const weight = view.getByLabelText('Weight of a as a number');
  expect(weight).toMatchObject({ value: '0.333' });
  fireEvent.focus(weight);
  expect(weight).toMatchObject({ value: '0.333333' });
});

test('the identity test says what the method does to one adapter', async () => {
  const view = renderInWindow(<MergePage />);
  fireEvent.click(await view.findByRole('button', { name: 'Identity test' }));
  const result = within(await view.findByRole('region', { name: 'Identity test' }));
  await waitFor(() => expect(result.getByText('Factor average on a')).toBeTruthy());
  expect(result.getByText('Alone, weight 1: same tensors, bit for bit')).toBeTruthy();
  expect(result.getByText('With itself, ½ and ½: ΔW changes by 50.0 % (layers.0.q_proj)')).toBeTruthy();
  expect(backend.inputsOf('merge.identity')).toEqual([{ adapterId: 'a', method: 'factor-average', parameters: {} }]);
});

test('a line says what the weights make of the updates, and follows them without another request', async () => {
  backend.answers['merge.products'] = () => ({
    layers: [0],
    products: [
      [
        [4, 0],
        [0, 1],
      ],
    ],
  });
  const view = renderInWindow(<MergePage />);
  // Updates at right angles, of norms 2 and 1, with the same weight: √5 of 3 is left.
  expect(
    await view.findByText(
      'Mix: adapter 1: 80 % (cosine 0.89) · adapter 2: 20 % (cosine 0.45) · 75 % of the combined strength kept',
    ),
  ).toBeTruthy();
  expect(backend.inputsOf('merge.products')).toEqual([{ adapters: ['a', 'b'] }]);
  useBench.setState({
    bench: [1, 2].map((weight, at) => ({ adapterId: ['a', 'b'][at] ?? '', weight, locked: false })),
  });
  expect(
    await view.findByText(/adapter 1: 50 % \(cosine 0\.71\) · adapter 2: 50 % \(cosine 0\.71\) · 71 % of/),
  ).toBeTruthy();
  useBench.setState({
    bench: [0, 0].map((weight, at) => ({ adapterId: ['a', 'b'][at] ?? '', weight, locked: false })),
  });
  expect(await view.findByText('With these weights the updates cancel each other.')).toBeTruthy();
  expect(backend.inputsOf('merge.products')).toHaveLength(1);
});
