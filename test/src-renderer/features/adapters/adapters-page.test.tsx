// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { useBench } from '../../../../src-renderer/features/merge/bench-store.ts';
import { AdapterPage } from '../../../../src-renderer/pages/adapters/adapter-page.tsx';
import AdaptersPage from '../../../../src-renderer/pages/adapters/adapters-page.tsx';
import { adapter, backend, catalog } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const mine = adapter('mine', {
  name: 'My adapter',
  modelId: 'vit',
  tags: ['paper'],
  sizeBytes: 3 * 1024 * 1024,
  origin: { kind: 'run', runId: 'r', checkpoint: 'last', step: 12 },
});
const others = [
  adapter('a', { modelId: 'vit' }),
  adapter('b', { modelId: 'llama' }),
  adapter('old', { archived: true }),
];

beforeEach(() => {
  window.location.hash = '';
  useBench.setState({ bench: [] });
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => catalog,
    'models.list': () => [],
    'datasets.list': () => [],
    'runs.list': () => [],
    'jobs.list': () => [],
    'adapters.list': () => [mine, ...others],
    'adapters.get': () => mine,
    'adapters.update': () => mine,
    'adapters.remove': () => ({ freedBytes: 1 }),
    'adapters.norms': () => ({ modules: [], problem: 'DoRA has no update B·A to measure.' }),
    'adapters.scores': () => [
      {
        datasetId: 'digits',
        source: 'evaluation',
        accuracy: 0.8,
        loss: 0.5,
        metrics: {},
        examples: 100,
        forgetting: { measure: 'text-loss', base: 4, adapted: 4.25, rise: 0.25, accuracy: null, count: 10 },
        at: 0,
      },
    ],
  };
});

test('adapters are grouped by base, filtered by words and tags, and starred; archived ones are apart', async () => {
  const view = renderInWindow(<AdaptersPage />);
  const vit = await view.findByRole('region', { name: 'vit' });
  expect(within(vit).getAllByRole('row')).toHaveLength(3);
  expect(view.getByRole('region', { name: 'llama' })).toBeTruthy();
  expect(view.queryByText('old')).toBeNull();
  fireEvent.click(view.getByRole('button', { name: 'Star My adapter' }));
  await waitFor(() => expect(backend.inputsOf('adapters.update')).toEqual([{ id: 'mine', starred: true }]));
  fireEvent.change(view.getByRole('textbox', { name: 'Filter adapters' }), { target: { value: 'PAPER lora' } });
  expect(view.queryByRole('region', { name: 'llama' })).toBeNull();
  expect(within(view.getByRole('region', { name: 'vit' })).getAllByRole('row')).toHaveLength(2);
  fireEvent.change(view.getByRole('textbox', { name: 'Filter adapters' }), { target: { value: '' } });
  fireEvent.click(view.getByRole('switch', { name: 'Archived' }));
  expect(view.getByText('old')).toBeTruthy();
});

test('an adapter that was converted to LoRA shows what that lost, in total and of each module', async () => {
  const modules = [
    { name: 'layers.1.q_proj', rank: 8, error: 0.25 },
    { name: 'layers.0.q_proj', rank: 4, error: 1e-8 },
  ];
  const conversion = { rank: 8, error: 0.125, modules };
  backend.answers['adapters.get'] = () => ({ ...mine, origin: { kind: 'import', path: '/x', conversion } });
  const view = renderInWindow(<AdapterPage id="mine" />);
  const table = await view.findByRole('table', { name: 'Conversion to LoRA' });
  expect(
    within(table)
      .getAllByRole('row')
      .map(({ textContent }) => textContent),
  ).toEqual(['ModuleRankError of ΔW', 'layers.1.q_proj825 %', 'layers.0.q_proj4rounding only']);
  expect(view.getByText(/error of ΔW over all modules: 13 %; highest rank 8/)).toBeTruthy();
});

test('selected adapters of several groups go to the bench, and to the Playground only where they have one base', async () => {
  const view = renderInWindow(<AdaptersPage />);
  fireEvent.click(await view.findByRole('checkbox', { name: /(Choose|Select) a$/ }));
  fireEvent.click(view.getByRole('checkbox', { name: /(Choose|Select) My adapter/ }));
  const bar = view.getByRole('toolbar', { name: '2 selected' });
  const compare = within(bar).getByRole('button', { name: 'Compare in Playground' });
  expect(compare).toHaveProperty('disabled', false);
  fireEvent.click(view.getByRole('checkbox', { name: /(Choose|Select) b$/ }));
  expect(compare).toHaveProperty('disabled', true);
  fireEvent.click(within(bar).getByRole('button', { name: 'Add to merge' }));
  expect(
    useBench
      .getState()
      .bench.map(({ adapterId }) => adapterId)
      .toSorted(),
  ).toEqual(['a', 'b', 'mine']);
  expect(window.location.hash).toBe('#/merge');
});

test('a page says scores with interval and forgetting, and why there are no norms', async () => {
  const view = renderInWindow(<AdapterPage id="mine" />);
  expect(await view.findByText('80.0 %')).toBeTruthy();
  // Wilson's interval of 80 of 100.
  expect(view.getByText('71.1–86.7 %')).toBeTruthy();
  expect(view.getByRole('columnheader', { name: 'Forgetting (nats per token)' })).toBeTruthy();
  expect(view.getByText('+0.2500')).toBeTruthy();
  expect(await view.findByText('DoRA has no update B·A to measure.')).toBeTruthy();
});

test('renaming takes Enter; deleting asks by name and says what it frees', async () => {
  const view = renderInWindow(<AdapterPage id="mine" />);
  fireEvent.click(await view.findByRole('button', { name: 'More actions' }));
  fireEvent.click(await view.findByText('Rename…'));
  const field = await view.findByRole('textbox', { name: 'Name' });
  fireEvent.change(field, { target: { value: ' Better ' } });
  fireEvent.submit(field);
  await waitFor(() => expect(backend.inputsOf('adapters.update')).toEqual([{ id: 'mine', name: 'Better' }]));
  fireEvent.click(view.getByRole('button', { name: 'More actions' }));
  fireEvent.click(await view.findByText('Delete…'));
  const dialog = await view.findByRole('dialog', { name: 'Delete the adapter "My adapter"?' });
  expect(dialog.textContent).toContain('This frees 3.00 MiB.');
  fireEvent.click(within(dialog).getByRole('button', { name: 'Delete' }));
  await waitFor(() => expect(backend.inputsOf('adapters.remove')).toMatchObject([{ id: 'mine' }]));
});
