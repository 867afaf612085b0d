// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { HeldJobsBanner } from '../../../src-renderer/app/held-jobs-banner.tsx';
import type { HeldJob } from '../../../src-shared/domain/jobs/held-queue.ts';
import { backend } from '../fake-backend.ts';
import { renderInWindow } from '../window.tsx';

vi.mock('../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../src-renderer/api/client.ts')>()),
  request: (await import('../fake-backend.ts')).request,
}));

const held = (id: string, changes: Partial<HeldJob> = {}): HeldJob => ({
  ...{ id, title: `Train ${id}`, kind: 'train', isPart: false, writesTo: null },
  ...changes,
});

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'jobs.answerHeld': () => ({ ok: true }) };
});

test.each([
  ['Continue here', true],
  ['Leave held', false],
])('the button "%s" answers the question', async (name, continues) => {
  backend.answers['jobs.held'] = () => ({
    jobs: [
      ...['a', 'b', 'c', 'd'].map((id) => held(id)),
      held('part', { isPart: true }),
      held('e', { kind: 'export', writesTo: '/else/where' }),
    ],
    isAsked: true,
    lastPath: '/old/home',
  });
  const view = renderInWindow(<HeldJobsBanner />);
  const region = await view.findByRole('region', { name: 'Held jobs' });
  expect(region.textContent).toContain(
    'This home was last used in /old/home. 6 queued jobs are held: Train a, Train b, Train c, 3 more. Paths written outside of the home: /else/where. Continue here, or leave held?',
  );
  fireEvent.click(view.getByRole('button', { name }));
  await waitFor(() => expect(backend.inputsOf('jobs.answerHeld')).toEqual([{ continue: continues }]));
});

test('a question that was answered is not shown', async () => {
  backend.answers['jobs.held'] = () => ({ jobs: [held('a')], isAsked: false, lastPath: null });
  const view = renderInWindow(<HeldJobsBanner />);
  await waitFor(() => expect(backend.inputsOf('jobs.held')).toHaveLength(1));
  expect(view.queryByRole('region')).toBeNull();
});
