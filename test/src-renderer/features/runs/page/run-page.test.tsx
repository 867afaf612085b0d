// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { RunPage } from '../../../../../src-renderer/pages/runs/run-page.tsx';
import { type RunRecord, runConfigSchema } from '../../../../../src-shared/domain/runs/run.ts';
import { backend, catalog } from '../../../fake-backend.ts';
import { renderInWindow } from '../../../window.tsx';

vi.mock('../../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../../fake-backend.ts')).request,
}));

const run: RunRecord = {
  ...{
    id: 'a',
    name: 'First run',
    config: runConfigSchema.parse({ max_steps: 500 }),
    modelId: 'base',
    datasetId: 'data',
  },
  status: 'completed',
  ...{ tags: [], note: '', starred: false, archived: false, studyId: null, step: 500, folder: 'runs/a' },
  ...{ facts: null, result: null, adapterId: null, error: null, createdAt: 1, startedAt: 1, finishedAt: 60_001 },
  checkpoints: [],
};

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => catalog,
    'runs.get': () => run,
    'runs.update': (changes) => ({ ...run, name: changes.name ?? run.name }),
    'runs.history': () => [{ id: 'a', curves: [], masks: null }],
  };
});

async function open() {
  const view = renderInWindow(<RunPage id="a" />);
  await waitFor(() => expect(view.getByRole('heading', { name: 'First run' })).toBeTruthy());
  return view;
}

test('a breadcrumb leads back, and the strip says where the run is before any curve is there', async () => {
  const view = await open();
  expect(view.getByRole('navigation', { name: 'Breadcrumb' }).textContent).toContain('Runs');
  const strip = within(view.getByRole('region', { name: 'Status of the run' }));
  expect(strip.getByText('500 / 500')).toBeTruthy();
  expect(strip.getByText('in 1 min 00 s')).toBeTruthy();
  expect(strip.getByRole('progressbar', { name: 'Progress of First run' })).toBeTruthy();
});

test('a run is renamed in its head', async () => {
  const view = await open();
  fireEvent.click(view.getByLabelText('Rename this run'));
  fireEvent.change(await view.findByLabelText('Name'), { target: { value: '  Second run ' } });
  fireEvent.click(view.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(backend.inputsOf('runs.update')).toEqual([{ id: 'a', name: 'Second run' }]));
});

test('a note is written in its head', async () => {
  const view = await open();
  fireEvent.click(view.getByText('Add note'));
  fireEvent.change(await view.findByLabelText('Note'), { target: { value: 'Diverges later.' } });
  fireEvent.click(view.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(backend.inputsOf('runs.update')).toEqual([{ id: 'a', note: 'Diverges later.' }]));
});
