// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { RunPage } from '../../../../../src-renderer/pages/runs/run-page.tsx';
import { type RunRecord, runConfigSchema } from '../../../../../src-shared/domain/runs/run.ts';
import { adapter, backend, catalog } from '../../../fake-backend.ts';
import { renderInWindow } from '../../../window.tsx';

vi.mock('../../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../../fake-backend.ts')).request,
}));

const run: RunRecord = {
  ...{ id: 'a', name: 'a', config: runConfigSchema.parse({}), modelId: 'base', datasetId: 'data', folder: 'runs/a' },
  status: 'stopped',
  ...{ tags: [], note: '', starred: false, archived: false, studyId: null, step: 3 },
  ...{ facts: null, result: null, adapterId: null, error: null, createdAt: 1, startedAt: 1, finishedAt: 2 },
  checkpoints: [{ kind: 'last', step: 3, folder: 'runs/a/last', accuracy: null, resumable: true }],
};

async function open(changes: Partial<RunRecord>) {
  backend.answers['runs.get'] = () => ({ ...run, ...changes });
  const view = renderInWindow(<RunPage id="a" />);
  await waitFor(() => expect(view.getByRole('heading', { name: 'a' })).toBeTruthy());
  const names = () => view.getAllByRole('button').map((button) => button.textContent);
  return { view, names };
}

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => catalog,
    'adapters.get': ({ id }) => adapter(id),
    'runs.saveAdapter': () => adapter('saved'),
  };
});

test('a stopped run leads on with its adapter: to a merge, to an evaluation, to an export', async () => {
  const { view, names } = await open({ status: 'stopped', adapterId: 'made' });
  expect(names()).toEqual(expect.arrayContaining(['Resume from step 3', 'Add to merge']));
  await waitFor(() => expect(backend.inputsOf('adapters.get')).toEqual([{ id: 'made' }]));
  fireEvent.click(view.getByLabelText('More actions'));
  await waitFor(() => expect(view.getByText('Evaluate…')).toBeTruthy());
  expect(view.getByText('Export as')).toBeTruthy();
});

test('a paused run can be saved as an adapter without being resumed', async () => {
  const { view, names } = await open({ status: 'paused' });
  expect(names()).not.toContain('Add to merge');
  fireEvent.click(view.getByText('Save as adapter'));
  await waitFor(() => expect(backend.inputsOf('runs.saveAdapter')).toEqual([{ id: 'a' }]));
});

test('neither is offered where there is nothing to save', async () => {
  const { names } = await open({ status: 'failed', checkpoints: [] });
  expect(names()).not.toEqual(expect.arrayContaining(['Save as adapter']));
  expect(names()).not.toEqual(expect.arrayContaining(['Add to merge']));
});

test('a run that was refused for its changed dataset is resumed on it only after a question', async () => {
  const message = 'The dataset "reviews" has changed since step 3 (rows 300 → 340).';
  const { view } = await open({ status: 'failed', error: { code: 'inputs_changed', message, hint: null } });
  const buttons = () => view.getAllByRole('button', { name: 'Resume anyway…' });
  const buttonAt = (at: number) => buttons()[at] ?? expect.fail(`there is no button ${at}`);
  // In the page's title row and beside the error.
  expect(buttons()).toHaveLength(2);
  for (const at of [0, 1]) {
    fireEvent.click(buttonAt(at));
    const dialog = within(await view.findByRole('dialog', { name: 'Resume "a" anyway?' }));
    expect(dialog.getByText(message)).toBeTruthy();
    fireEvent.click(dialog.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(view.queryByRole('dialog')).toBeNull());
  }
  expect(backend.inputsOf('runs.resume')).toEqual([]);
  fireEvent.click(buttonAt(0));
  fireEvent.click(within(await view.findByRole('dialog')).getByRole('button', { name: 'Resume anyway' }));
  await waitFor(() => expect(backend.inputsOf('runs.resume')).toEqual([{ id: 'a', anyway: true }]));
});

test.each([
  ['interrupted before its first checkpoint', { status: 'interrupted' as const, error: 'disconnected' }, 'Start again'],
  ['ended by a full disk', { status: 'failed' as const, error: 'disk_full' }, 'Try again'],
])('a run that was %s is started again from its page', async (_, { status, error }, label) => {
  const { view, names } = await open({
    status,
    checkpoints: [],
    error: { code: error, message: 'The reason.', hint: 'The way out.' },
  });
  expect(view.getByText('The reason.')).toBeTruthy();
  expect(view.getByText('The way out.')).toBeTruthy();
  expect(names()).not.toEqual(expect.arrayContaining(['Pause']));
  expect(names()).not.toEqual(expect.arrayContaining(['Save as adapter']));
  // In the head of the page, and beside the reason.
  expect(names().filter((name) => name === label)).toHaveLength(2);
  fireEvent.click(view.getAllByText(label)[0] ?? view.container);
  await waitFor(() => expect(backend.inputsOf('runs.resume')).toEqual([{ id: 'a' }]));
});

test('a run that its settings made fail is edited instead', async () => {
  const error = { code: 'not_finite', message: 'The loss is not a number.', hint: null };
  const { names } = await open({ status: 'failed', checkpoints: [], error });
  expect(names()).toContain('Edit and rerun');
  expect(names()).not.toEqual(expect.arrayContaining(['Try again']));
});
