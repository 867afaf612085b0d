// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { useAwaySince } from '../../../../src-renderer/features/home/away-since.ts';
import { SinceAway } from '../../../../src-renderer/features/home/since-away.tsx';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';
import { run, training } from './home-records.ts';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  localStorage.clear();
  useAwaySince.setState(1000, true);
  backend.asked = [];
  backend.answers = { 'runs.resume': ({ id }) => training(id, { status: 'queued' }) };
});

type Runs = ReturnType<typeof run>[];
const failed = (id: string, finishedAt: number) =>
  run(id, { status: 'failed', finishedAt, error: { code: 'internal', message: `It broke: ${id}.`, hint: null } });
const shown = (runs: Runs, jobs: ReturnType<typeof training>[] = []) =>
  renderInWindow(<SinceAway runs={runs} studies={[]} jobs={jobs} />);

test('a dismissed failure stays away, until the run fails again', async () => {
  const first = shown([failed('a', 1), failed('b', 2)]);
  fireEvent.click(first.getByRole('button', { name: 'Dismiss run a' }));
  await waitFor(() => expect(first.queryByText('It broke: a.')).toBeNull());
  expect(first.getByText('It broke: b.')).toBeTruthy();
  first.unmount();
  const later = shown([failed('a', 1), failed('b', 2)]);
  expect(later.queryByText('It broke: a.')).toBeNull();
  later.unmount();
  expect(shown([failed('a', 3)]).getByText('It broke: a.')).toBeTruthy();
});

test('all of them go at once', async () => {
  const view = shown([1, 2, 3, 4, 5].map((at) => failed(`${at}`, at)));
  expect(view.getByText('Needs attention')).toBeTruthy();
  expect(view.getByText('5 failed')).toBeTruthy();
  expect(view.getByText('and 1 more')).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Dismiss all' }));
  await waitFor(() => expect(view.queryByText('Needs attention')).toBeNull());
});

test('resumes resumable runs in place', async () => {
  const checkpoint = { kind: 'last', step: 7, folder: 'last', accuracy: null, resumable: true } as const;
  const lost = run('lost', { status: 'interrupted', checkpoints: [checkpoint] });
  const view = shown([lost, failed('a', 1)]);
  fireEvent.click(view.getByRole('button', { name: /^Resume from step/ }));
  await waitFor(() => expect(backend.inputsOf('runs.resume')).toEqual([{ id: 'lost' }]));
});

test('lists what finished since then until it is dismissed; parts of a study are left out', async () => {
  const view = shown([
    run('old', { finishedAt: 999 }),
    run('new', { finishedAt: 1001 }),
    run('part', { finishedAt: 1002, studyId: 's' }),
  ]);
  expect(view.getByText('Since you were away')).toBeTruthy();
  expect(view.getByText('1 finished')).toBeTruthy();
  expect(view.queryByText('run old')).toBeNull();
  expect(view.queryByText('run part')).toBeNull();
  fireEvent.click(view.getByRole('button', { name: 'Dismiss run new' }));
  await waitFor(() => expect(view.queryByText('Since you were away')).toBeNull());
});

const paused = { status: 'paused' } as const;
const closed = { code: 'disconnected', message: 'The studio was closed.', hint: null };

test('runs that quitting has paused are offered to be resumed, one or all', async () => {
  const runs = [run('quit', { ...paused, step: 142 }), run('by-hand', paused), run('done')];
  const jobs = [training('quit', { ...paused, error: closed }), training('by-hand', paused)];
  const view = shown(runs, jobs);
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

test('paused runs of a study are resumed with it; those of the demo, which no study resumes, are offered', () => {
  const part = training('part', { ...paused, parentId: 'job-of-study' });
  const study = shown([run('part', { ...paused, studyId: 's' })], [part]);
  expect(study.queryByText('Needs attention')).toBeNull();
  study.unmount();
  const demo = shown([run('demo', { ...paused, studyId: 'demo-1' })], [training('demo', paused)]);
  expect(demo.getByRole('button', { name: 'Resume run demo' })).toBeTruthy();
});
