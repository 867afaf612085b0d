// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { confirmMemory } from '../../../../src-renderer/features/train/confirm-memory.tsx';
import { trainStrings } from '../../../../src-renderer/strings/train.ts';
import { renderInWindow } from '../../window.tsx';

test('a run that needs more memory than is free starts only after a question', async () => {
  const start = vi.fn();
  const memory = [
    { part: 'weights', bytes: 6e9 },
    { part: 'activations', bytes: 5e9 },
  ];
  renderInWindow(
    <button type="button" onClick={() => confirmMemory({ memory, freeMemoryBytes: 10e9 }, start)}>
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
  confirmMemory({ memory: [{ part: 'weights', bytes: 9 }], freeMemoryBytes: 10 }, start);
  expect(start).toHaveBeenCalledOnce();
});
