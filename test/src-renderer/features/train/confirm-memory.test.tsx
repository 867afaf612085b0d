// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { confirmMemory } from '../../../../src-renderer/features/train/confirm-memory.tsx';
import { trainStrings } from '../../../../src-renderer/strings/train.ts';
import { renderInWindow } from '../../window.tsx';

const room = { freeMemoryBytes: 10e9, memoryDevice: null, largestTensorBytes: null };

test('a run that needs more memory than is free starts only after a question', async () => {
  const start = vi.fn();
  const memory = [
    { part: 'weights', bytes: 6e9 },
    { part: 'activations', bytes: 5e9 },
  ];
  renderInWindow(
    <button type="button" onClick={() => confirmMemory({ memory, tensorBytes: 6e9, ...room }, start)}>
      start
    </button>,
  );
  fireEvent.click(screen.getByText('start'));
  await screen.findByText(/It is estimated to need 10\.2 GiB, and 9\.31 GiB are free\./);
  expect(start).not.toHaveBeenCalled();
  fireEvent.click(screen.getByText(trainStrings.startAnyway));
  expect(start).toHaveBeenCalledOnce();
});

test('a run that is tight starts at once', () => {
  const start = vi.fn();
  confirmMemory({ memory: [{ part: 'weights', bytes: 9e9 }], tensorBytes: 9e9, ...room }, start);
  expect(start).toHaveBeenCalledOnce();
});

test.each([
  [{ memoryDevice: 'NVIDIA H100' }, /are free on NVIDIA H100\. It needs more memory/],
  [
    { freeMemoryBytes: 80e9, largestTensorBytes: 2 ** 31 },
    /would have 5\.59 GiB, and the graphics card allows 2\.00 GiB\./,
  ],
])('the question says what the card lacks: %o', async (changes, text) => {
  const start = vi.fn();
  const memory = [{ part: 'weights', bytes: 11e9 }];
  renderInWindow(
    <button type="button" onClick={() => confirmMemory({ memory, tensorBytes: 6e9, ...room, ...changes }, start)}>
      start
    </button>,
  );
  fireEvent.click(screen.getByText('start'));
  await screen.findByText(text);
  expect(start).not.toHaveBeenCalled();
});
