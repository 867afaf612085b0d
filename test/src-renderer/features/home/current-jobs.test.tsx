// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { CurrentJobs } from '../../../../src-renderer/features/home/current-jobs.tsx';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';
import { run, training } from './home-records.ts';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'jobs.cancel': () => ({ ok: true }), 'runs.stop': () => ({ ok: true }) };
});

const asked = () => backend.asked.map(({ name, input }) => [name, input]);

test('a run that trains is not thrown away by one click', async () => {
  const view = renderInWindow(<CurrentJobs jobs={[training('a')]} runs={[run('a', { status: 'running', step: 3 })]} />);
  fireEvent.click(view.getByRole('button', { name: 'Cancel' }));
  await view.findByText('Discard the run "run a"?');
  fireEvent.click(view.getByRole('button', { name: 'Keep training' }));
  await waitFor(() => expect(view.queryByText('Discard the run "run a"?')).toBeNull());
  expect(asked()).toEqual([]);

  fireEvent.click(view.getByRole('button', { name: 'Cancel' }));
  fireEvent.click(await view.findByRole('button', { name: 'Stop and save' }));
  await waitFor(() => expect(asked()).toEqual([['runs.stop', { id: 'a' }]]));

  fireEvent.click(view.getByRole('button', { name: 'Cancel' }));
  fireEvent.click(await view.findByRole('button', { name: 'Discard run' }));
  await waitFor(() => expect(asked()).toContainEqual(['jobs.cancel', { id: 'job-a' }]));
});

test('a queued run is taken out at once, unless it has learned something before', async () => {
  const queued = { status: 'queued' } as const;
  const view = renderInWindow(
    <CurrentJobs
      jobs={[training('new', queued), training('resumed', queued)]}
      runs={[run('new', queued), run('resumed', { ...queued, step: 40 })]}
    />,
  );
  fireEvent.click(view.getByRole('button', { name: 'Cancel Train run new' }));
  await waitFor(() => expect(asked()).toEqual([['jobs.cancel', { id: 'job-new' }]]));
  fireEvent.click(view.getByRole('button', { name: 'Cancel Train run resumed' }));
  await view.findByText('Discard the run "run resumed"?');
  expect(view.queryByRole('button', { name: 'Stop and save' })).toBeNull();
  expect(asked()).toHaveLength(1);
});

test('so is a running study, and a short job goes at once', async () => {
  const study = training('s', { id: 'study', kind: 'study', title: 'Merging' });
  const merge = training('m', { id: 'merge', kind: 'merge', title: 'Merge two' });
  const view = renderInWindow(<CurrentJobs jobs={[study, merge]} runs={[]} />);
  const [first, second] = view.getAllByRole('button', { name: 'Cancel' });
  if (!first || !second) throw new Error('two jobs run');
  fireEvent.click(second);
  await waitFor(() => expect(asked()).toEqual([['jobs.cancel', { id: 'merge' }]]));
  fireEvent.click(first);
  await view.findByText('Cancel "Merging"?');
  fireEvent.click(view.getByRole('button', { name: 'Cancel the job' }));
  await waitFor(() => expect(asked()).toContainEqual(['jobs.cancel', { id: 'study' }]));
});
