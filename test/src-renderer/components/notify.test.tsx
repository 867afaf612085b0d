// @vitest-environment happy-dom
import { Notifications, notifications } from '@mantine/notifications';
import { act, fireEvent } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { notifyEnded, notifyFailure, notifySuccess } from '../../../src-renderer/components/feedback/notify.tsx';
import { renderInWindow } from '../window.tsx';

beforeEach(() => {
  notifications.clean();
});

test('a failure that is repeated counts up in one notification', async () => {
  const view = renderInWindow(<Notifications transitionDuration={0} />);
  act(() => {
    notifyFailure(new Error('The disk is full.'), 'Not saved');
    notifyFailure(new Error('The disk is full.'), 'Not saved');
    notifyFailure(new Error('The file is gone.'), 'Not saved');
  });
  expect(await view.findByText('Not saved (2 times)')).toBeTruthy();
  expect(view.getAllByRole('alert')).toHaveLength(2);
});

test('jobs that end soon after each other share a notification', async () => {
  const view = renderInWindow(<Notifications transitionDuration={0} />);
  act(() => {
    for (const seed of [1, 2, 3, 4]) notifyEnded(`LoRA · seed ${seed}`, 'Trained.');
  });
  expect(await view.findByText('4 jobs finished')).toBeTruthy();
  expect(view.getByText('LoRA · seed 4 · LoRA · seed 3 · LoRA · seed 2')).toBeTruthy();
});

test('an export offers to show its file', async () => {
  const showInFolder = vi.fn(() => Promise.resolve());
  Object.assign(window, { coto: { showInFolder } });
  const view = renderInWindow(<Notifications transitionDuration={0} />);
  act(() => notifySuccess('GGUF of mine', 'Exported.', '/out/mine.gguf'));
  fireEvent.click(await view.findByRole('button', { name: 'Show in folder' }));
  expect(showInFolder).toHaveBeenCalledWith('/out/mine.gguf');
});
