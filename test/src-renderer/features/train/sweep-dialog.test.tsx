// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { defaultDraft } from '../../../../src-renderer/features/train/draft.ts';
import { SweepDialog } from '../../../../src-renderer/features/train/sweep-dialog.tsx';
import { backend, catalog } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => ({ ...catalog, adapterVariants: adapterVariants.map(({ declaration }) => declaration) }),
    'runs.forecast': ({ configs }) => ({ seconds: 60 * configs.length, diskBytes: 1024 * configs.length }),
  };
});

const dialog = () =>
  renderInWindow(
    <SweepDialog onClose={() => undefined} draft={defaultDraft} name="sweep" tags={['t']} metric="accuracy" />,
  );

test('a sweep says what it takes, and starts as an ablation study with its baseline as the reference', async () => {
  const view = dialog();
  await waitFor(() => expect(view.getByRole('status').textContent).toBe('6 runs · about 6.00 KiB on disk'));
  const field = view.getByRole('combobox', { name: 'Setting' });
  fireEvent.click(field);
  fireEvent.change(field, { target: { value: 'Learning rate' } });
  fireEvent.click(await view.findByRole('option', { name: 'Learning rate' }));
  fireEvent.change(view.getByLabelText('Values of Learning rate'), { target: { value: '1e-3, 2e-3' } });
  await waitFor(() => expect(view.getByRole('status').textContent).toMatch(/^12 runs/));
  fireEvent.click(view.getByRole('button', { name: 'Start study' }));
  await waitFor(() => expect(backend.inputsOf('studies.create')).toHaveLength(1));
  expect(backend.inputsOf('studies.create')[0]).toMatchObject({
    name: 'sweep',
    config: {
      kind: 'ablation',
      grid: { coto: [null, {}], learning_rate: [1e-3, 2e-3] },
      seeds: [1, 2, 3],
      metric: 'accuracy',
      reference: { coto: null },
    },
  });
});

test('queues separate runs on request', async () => {
  const view = dialog();
  fireEvent.click(view.getByRole('radio', { name: 'Queued runs' }));
  fireEvent.change(view.getByLabelText('Seeds'), { target: { value: '4' } });
  fireEvent.click(view.getByRole('checkbox', { name: 'Pair each run with a no-CoTo baseline' }));
  await waitFor(() =>
    expect(view.getByRole('status').textContent).toBe('1 run · about 1 min 00 s in total · about 1.00 KiB on disk'),
  );
  const list = view.getByRole('table', { name: 'Runs of the sweep' });
  expect(within(list).getByText('sweep · seed 4')).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Queue 1 run' }));
  await waitFor(() => expect(backend.inputsOf('runs.create')).toHaveLength(1));
  expect(backend.inputsOf('runs.create')[0]).toMatchObject({
    name: 'sweep · seed 4',
    tags: ['t'],
    config: { seed: 4 },
  });
});

test('shows impossible values in place of the runs', () => {
  const view = dialog();
  fireEvent.click(view.getByRole('checkbox', { name: 'Pair each run with a no-CoTo baseline' }));
  expect(view.getByRole('alert').textContent).toMatch(/^A study compares runs/);
  expect(view.getByRole('button', { name: 'Start study' })).toHaveProperty('disabled', true);
  fireEvent.change(view.getByLabelText('Seeds'), { target: { value: 'one' } });
  expect(view.getByRole('alert').textContent).toMatch(/^Seeds: enter integers/);
});
