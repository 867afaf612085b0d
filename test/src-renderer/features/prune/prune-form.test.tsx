// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { PruneForm } from '../../../../src-renderer/features/prune/prune-form.tsx';
import { adapter, backend, catalog } from '../../fake-backend.ts';
import { fieldOf, renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'app.catalog': () => catalog };
});

test('a pruning study is asked for with every parameter that its methods declare', async () => {
  const view = renderInWindow(
    <PruneForm
      adapters={[adapter('a'), adapter('other base', { modelId: 'b2' })]}
      datasets={[]}
      runs={[]}
      catalog={catalog}
      onStarted={() => undefined}
    />,
  );
  const run = view.getByRole('button', { name: 'Run pruning study' });
  expect(view.getByText('Choose at least one adapter.')).toBeTruthy();
  fireEvent.click(view.getByRole('checkbox', { name: /^a/ }));
  fireEvent.click(view.getByRole('checkbox', { name: /^other base/ }));
  expect(view.getByText(/different base models/)).toBeTruthy();
  fireEvent.click(view.getByRole('checkbox', { name: /^other base/ }));
  fireEvent.change(view.getByLabelText('Sparsity grid'), { target: { value: '50 %, 0.9' } });
  fireEvent.click(view.getByRole('button', { name: 'More settings' }));
  fireEvent.change(fieldOf(view, 'Block').control, { target: { value: '4' } });
  fireEvent.change(fieldOf(view, 'Eval examples').control, { target: { value: '40' } });
  fireEvent.click(run);
  await waitFor(() => expect(backend.inputsOf('studies.create')).toHaveLength(1));
  expect(backend.inputsOf('studies.create')).toMatchObject([
    { config: { kind: 'pruning', dataset: 'digits', eval_samples: 40, adapters: [{ adapter: { adapterId: 'a' } }] } },
  ]);
  expect(JSON.stringify(backend.inputsOf('studies.create'))).toContain('"block":4');
});

test('adapters stand by base and are filtered; what is selected stays so while it is hidden', async () => {
  const view = renderInWindow(
    <PruneForm
      adapters={[adapter('first'), adapter('second'), adapter('elsewhere', { modelId: 'b2' })]}
      datasets={[]}
      runs={[]}
      catalog={catalog}
      onStarted={() => undefined}
    />,
  );
  fireEvent.click(view.getByRole('checkbox', { name: /^first/ }));
  fireEvent.change(view.getByLabelText('Filter the adapters to prune'), { target: { value: 'second' } });
  expect(view.queryByRole('checkbox', { name: /^first/ })).toBeNull();
  fireEvent.click(view.getByRole('checkbox', { name: /^second/ }));
  expect(view.getByText('2 selected')).toBeTruthy();
  fireEvent.change(view.getByLabelText('Filter the adapters to prune'), { target: { value: '' } });
  fireEvent.click(view.getByRole('checkbox', { name: 'Fits the selection' }));
  expect(view.queryByRole('checkbox', { name: /^elsewhere/ })).toBeNull();
  fireEvent.click(view.getByRole('button', { name: 'Run pruning study' }));
  await waitFor(() => expect(backend.inputsOf('studies.create')).toHaveLength(1));
  expect(backend.inputsOf('studies.create')).toMatchObject([
    { config: { adapters: [{ adapter: { adapterId: 'first' } }, { adapter: { adapterId: 'second' } }] } },
  ]);
});
