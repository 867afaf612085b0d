// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { UnreadableRows } from '../../../../src-renderer/features/settings/unreadable-rows.tsx';
import type { UnreadableRow } from '../../../../src-shared/domain/app/unreadable-row.ts';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async () => ({
  ...(await vi.importActual('../../../../src-renderer/api/client.ts')),
  request: (await import('../../fake-backend.ts')).request,
}));

test('an entry that cannot be read is listed with its id and reason, until it is deleted', async () => {
  const broken: UnreadableRow = { kind: 'run', id: 'run-0123456789', reason: 'config: is not JSON' };
  let rows = [broken];
  backend.answers = {
    'app.unreadable': () => rows,
    'app.deleteUnreadable': () => {
      rows = [];
      return broken;
    },
  };
  const view = renderInWindow(<UnreadableRows />);
  expect(await view.findByText('run run-0123456789')).toBeTruthy();
  expect(view.getByText('config: is not JSON')).toBeTruthy();
  fireEvent.click(view.getByText('Delete'));
  await waitFor(() => expect(view.queryByText('run run-0123456789')).toBeNull());
  expect(backend.inputsOf('app.deleteUnreadable')).toEqual([{ id: 'run-0123456789' }]);
});
