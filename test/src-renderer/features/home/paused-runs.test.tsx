// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { PausedRuns } from '../../../../src-renderer/features/home/paused-runs.tsx';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';
import { run, training } from './home-records.ts';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'runs.resume': ({ id }) => training(id, { status: 'queued' }) };
});

const paused = { status: 'paused' } as const;
const closed = { code: 'disconnected', message: 'The studio was closed.', hint: null };

test('runs that quitting has paused are offered to be resumed', async () => {
  const runs = [run('quit', { ...paused, step: 142 }), run('by-hand', paused), run('done')];
  const jobs = [training('quit', { ...paused, error: closed }), training('by-hand', paused)];
  const view = renderInWindow(<PausedRuns runs={runs} jobs={jobs} />);
  expect(view.getByText('1 run was paused when you quit')).toBeTruthy();
  expect(view.getByText('step 142')).toBeTruthy();
  expect(view.queryByText('run done')).toBeNull();
  fireEvent.click(view.getByRole('button', { name: 'Resume run quit' }));
  await waitFor(() => expect(backend.inputsOf('runs.resume')).toEqual([{ id: 'quit' }]));
  fireEvent.click(view.getByRole('button', { name: 'Resume all' }));
  await waitFor(() =>
    expect(backend.inputsOf('runs.resume')).toEqual([{ id: 'quit' }, { id: 'quit' }, { id: 'by-hand' }]),
  );
});

test('nothing is said without paused runs, and runs of a study are resumed with it', () => {
  const part = training('part', { ...paused, parentId: 'job-of-study' });
  const view = renderInWindow(
    <PausedRuns runs={[run('done'), run('part', { ...paused, studyId: 's' })]} jobs={[part]} />,
  );
  expect(view.queryByText('Paused')).toBeNull();
});

test('a run of the demo, which no study resumes, is offered', () => {
  const runs = [run('demo', { ...paused, studyId: 'demo-1' })];
  const view = renderInWindow(<PausedRuns runs={runs} jobs={[training('demo', paused)]} />);
  expect(view.getByRole('button', { name: 'Resume run demo' })).toBeTruthy();
});
