// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { NowPanel } from '../../../../src-renderer/features/home/now-panel.tsx';
import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';
import { run, training } from './home-records.ts';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

// Plotly needs a browser; the figures are tested by themselves.
vi.mock('../../../../src-renderer/features/home/live-run.tsx', () => ({
  LiveRun: ({ run: shown }: { run: { name: string } }) => <p>live: {shown.name}</p>,
}));

const settings = {
  theme: 'system',
  compute_backend: 'auto',
  threads: null,
  forgetting: true,
  tour_shown: false,
} as const;

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'jobs.cancel': () => ({ ok: true }),
    'jobs.move': () => ({ ok: true }),
    'runs.stop': () => ({ ok: true }),
    'settings.get': () => ({ ...settings, simple_forms: false, queue_paused: false }),
    'settings.set': () => ({ ...settings, simple_forms: false, queue_paused: true }),
  };
});

const looks = ['settings.get', 'jobs.held'];
const asked = () => backend.asked.filter(({ name }) => !looks.includes(name)).map(({ name, input }) => [name, input]);
const queued = { status: 'queued' } as const;

test('a run that trains is shown live, and not thrown away by one click', async () => {
  const view = renderInWindow(<NowPanel jobs={[training('a')]} runs={[run('a', { status: 'running', step: 3 })]} />);
  expect(view.getByText('live: run a')).toBeTruthy();
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

test('jobs that were left held are marked, and continued by a button', async () => {
  const held = { id: 'job-old', title: 'Train old', kind: 'train', isPart: false, writesTo: null } as const;
  backend.answers['jobs.held'] = () => ({ jobs: [held], isAsked: false, lastPath: null });
  backend.answers['jobs.answerHeld'] = () => ({ ok: true });
  const view = renderInWindow(<NowPanel jobs={[training('old', queued), training('new', queued)]} runs={[]} />);
  await view.findByText('1 job is held, because this home was last used elsewhere.');
  expect(view.getAllByText('held')).toHaveLength(1);
  fireEvent.click(view.getByRole('button', { name: 'Continue held jobs' }));
  await waitFor(() => expect(asked()).toEqual([['jobs.answerHeld', { continue: true }]]));
});

test('a queued run is taken out at once, unless it has learned something before', async () => {
  const view = renderInWindow(
    <NowPanel
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

test('a running study asks before it is cancelled, and a short job goes at once', async () => {
  const study = training('s', { id: 'study', kind: 'study', title: 'Merging' });
  const merge = training('m', { id: 'merge', kind: 'merge', title: 'Merge two' });
  const view = renderInWindow(<NowPanel jobs={[study, merge]} runs={[]} />);
  const [first, second] = view.getAllByRole('button', { name: 'Cancel' });
  if (!first || !second) throw new Error('two jobs run');
  fireEvent.click(second);
  await waitFor(() => expect(asked()).toEqual([['jobs.cancel', { id: 'merge' }]]));
  fireEvent.click(first);
  await view.findByText('Cancel “Merging”?');
  fireEvent.click(view.getByRole('button', { name: 'Cancel the job' }));
  await waitFor(() => expect(asked()).toContainEqual(['jobs.cancel', { id: 'study' }]));
});

function queueOf(...ids: string[]): JobRecord[] {
  return ids.map((id) => training(id, queued));
}

test('the queue is reordered by the arrow keys and by dragging; parts of studies are only counted', async () => {
  const jobs = [...queueOf('a', 'b', 'c'), training('part', { ...queued, parentId: 'study' })];
  const view = renderInWindow(<NowPanel jobs={jobs} runs={[]} />);
  expect(view.getByText('3 jobs · and 1 part of studies')).toBeTruthy();
  const handle = (id: string) => view.getByRole('button', { name: `Move Train run ${id}` });
  fireEvent.keyDown(handle('c'), { key: 'ArrowUp' });
  await waitFor(() => expect(asked()).toEqual([['jobs.move', { id: 'job-c', before: 'job-b' }]]));
  fireEvent.keyDown(handle('a'), { key: 'ArrowDown' });
  await waitFor(() => expect(asked().at(-1)).toEqual(['jobs.move', { id: 'job-a', before: 'job-c' }]));
  fireEvent.keyDown(handle('b'), { key: 'ArrowDown' });
  await waitFor(() => expect(asked().at(-1)).toEqual(['jobs.move', { id: 'job-b', before: null }]));
  fireEvent.keyDown(handle('a'), { key: 'ArrowUp' });
  expect(asked()).toHaveLength(3);

  const rows = view.getAllByRole('listitem');
  const dataTransfer = { setData: () => undefined, effectAllowed: '' };
  fireEvent.dragStart(rows[2] ?? view.container, { dataTransfer });
  fireEvent.dragOver(rows[0] ?? view.container, { dataTransfer });
  fireEvent.drop(rows[0] ?? view.container, { dataTransfer });
  await waitFor(() => expect(asked().at(-1)).toEqual(['jobs.move', { id: 'job-c', before: 'job-a' }]));
});

test('the queue is paused and resumed', async () => {
  const view = renderInWindow(<NowPanel jobs={queueOf('a')} runs={[]} />);
  fireEvent.click(await view.findByRole('button', { name: 'Pause queue' }));
  await waitFor(() => expect(asked()).toEqual([['settings.set', { queue_paused: true }]]));
  backend.answers = {
    ...backend.answers,
    'settings.get': () => ({ ...settings, simple_forms: false, queue_paused: true }),
  };
  view.unmount();
  const later = renderInWindow(<NowPanel jobs={queueOf('b')} runs={[]} />);
  expect(await later.findByRole('button', { name: /queue$/ })).toBeTruthy();
});

test('a running study stands for its parts, and a share is told in percent', () => {
  const progress = { phase: 'Run 2 of 4', done: 13, total: 100, unit: '%', perSecond: null, etaSeconds: null };
  const study = training('s', { id: 'job-s', kind: 'study', title: 'My study', progress });
  const part = training('a', { parentId: 'job-s' });
  const view = renderInWindow(<NowPanel jobs={[study, part]} runs={[run('a', { status: 'running' })]} />);
  expect(view.getAllByRole('progressbar')).toHaveLength(1);
  expect(view.getByText('Run 2 of 4 · 13 %')).toBeTruthy();
  expect(view.getByText('live: run a')).toBeTruthy();
});
