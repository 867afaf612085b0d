// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { Failures } from '../../../../src-renderer/features/home/failures.tsx';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';
import { run } from './home-records.ts';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  localStorage.clear();
  backend.asked = [];
});

const failed = (id: string, finishedAt: number) =>
  run(id, { status: 'failed', finishedAt, error: { code: 'internal', message: `It broke: ${id}.`, hint: null } });

test('a dismissed failure stays away, until the run fails again', async () => {
  const shown = (runs: ReturnType<typeof run>[]) => renderInWindow(<Failures runs={runs} studies={[]} />);
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
  const view = renderInWindow(<Failures runs={[1, 2, 3, 4, 5].map((at) => failed(`${at}`, at))} studies={[]} />);
  expect(view.getByText('4 of 5')).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Dismiss all' }));
  await waitFor(() => expect(view.queryByText('Needs attention')).toBeNull());
});

test('what a checkpoint or a study can go on from is resumed in place', async () => {
  const checkpoint = { kind: 'last', step: 7, folder: 'last', accuracy: null, resumable: true } as const;
  const lost = run('lost', { status: 'interrupted', checkpoints: [checkpoint] });
  const view = renderInWindow(<Failures runs={[lost, failed('a', 1)]} studies={[]} />);
  fireEvent.click(view.getByRole('button', { name: 'Resume' }));
  await waitFor(() => expect(backend.inputsOf('runs.resume')).toEqual([{ id: 'lost' }]));
});
