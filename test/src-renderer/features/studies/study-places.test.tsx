// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { StudyPlaces } from '../../../../src-renderer/features/studies/study-places.tsx';
import type { Submission } from '../../../../src-shared/domain/targets/target.ts';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const run = { index: 0, runId: 'a', title: 'LoRA, seed 1', node: 'n1', reason: null, step: 3, steps: 9 } as const;
const first: Submission = {
  ...{ id: 's1', studyId: 's', generation: 1, target: 'lab', folder: '/b', status: 'ended', parts: [] },
  runs: [
    { ...run, state: 'done', step: 9 },
    { ...run, index: 1, runId: 'b', title: 'LoRA, seed 2', state: 'lost', reason: 'NODE_FAIL' },
  ],
  knownFailures: [],
  createdAt: 1,
};
const second: Submission = {
  ...{ ...first, id: 's2', generation: 2, status: 'open' },
  runs: [{ ...run, index: 1, runId: 'b', title: 'LoRA, seed 2', state: 'running', node: 'n2' }],
};

test('each run is listed once, as its last submission has it', async () => {
  backend.answers = { 'studies.submissions': () => [first, second] };
  const view = renderInWindow(<StudyPlaces id="s" name="A study" />);
  await waitFor(() => view.getByText('Runs on lab'));
  const rows = view.getAllByRole('row').slice(1);
  expect(rows.map((row) => row.textContent)).toEqual([
    expect.stringMatching(/LoRA, seed 1.*done.*n1.*9 of 9.*1/),
    expect.stringMatching(/LoRA, seed 2.*running.*n2.*3 of 9.*2/),
  ]);
});

test('a study of this machine has no such panel', async () => {
  backend.answers = { 'studies.submissions': () => [] };
  const view = renderInWindow(<StudyPlaces id="s" name="A study" />);
  await waitFor(() => expect(backend.inputsOf('studies.submissions').length).toBeGreaterThan(0));
  expect(view.queryByText(/Runs on/)).toBeNull();
});

test('one run that goes on is cancelled, or all after a question', async () => {
  backend.answers = { 'studies.submissions': () => [first, second], 'studies.cancel': () => ({ ok: true }) };
  const view = renderInWindow(<StudyPlaces id="s" name="A study" />);
  await waitFor(() => view.getByText('Runs on lab'));
  expect(view.queryByRole('button', { name: 'Cancel LoRA, seed 1' })).toBeNull();
  fireEvent.click(view.getByRole('button', { name: 'Cancel LoRA, seed 2' }));
  await waitFor(() => expect(backend.inputsOf('studies.cancel')).toEqual([{ id: 's', runs: [1] }]));
  fireEvent.click(view.getByRole('button', { name: 'Cancel all' }));
  await waitFor(() => screen.getByText('End all runs of "A study"?'));
  fireEvent.click(screen.getByRole('button', { name: 'End', hidden: true }));
  await waitFor(() => expect(backend.inputsOf('studies.cancel').at(-1)).toEqual({ id: 's' }));
});

test('nothing of an ended study can be cancelled', async () => {
  backend.answers = { 'studies.submissions': () => [first, { ...second, status: 'cancelled' }] };
  const view = renderInWindow(<StudyPlaces id="s" name="A study" />);
  await waitFor(() => view.getByText('Runs on lab'));
  expect(view.queryByRole('button', { name: /Cancel/ })).toBeNull();
});
