// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { LeftOver } from '../../../../src-renderer/features/settings/left-over.tsx';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

test('folders that nothing names are listed with their size, and deleted only after a question', async () => {
  backend.answers = { 'app.removeStrays': () => ({ freedBytes: 3_000_000 }) };
  const onDeleted = vi.fn();
  const strays = [{ kind: 'adapter', path: 'adapters/half', bytes: 3_000_000 }] as const;
  const view = renderInWindow(<LeftOver strays={strays} onDeleted={onDeleted} />);
  expect(view.getByText('adapters/half')).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Delete' }));
  const dialog = await waitFor(() => view.getByRole('dialog'));
  expect(dialog.textContent).toContain('Delete the folder adapters/half?');
  expect(backend.inputsOf('app.removeStrays')).toEqual([]);
  fireEvent.click([...dialog.querySelectorAll('button')].find(({ textContent }) => textContent === 'Delete') ?? dialog);
  await waitFor(() => expect(backend.inputsOf('app.removeStrays')).toEqual([{}]));
  await waitFor(() => expect(onDeleted).toHaveBeenCalled());
});

test('a home where everything is named has no such panel', () => {
  const view = renderInWindow(<LeftOver strays={[]} onDeleted={() => undefined} />);
  expect(view.queryByText('Left-over folders')).toBeNull();
});
