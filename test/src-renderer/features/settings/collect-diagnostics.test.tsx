// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { CollectDiagnostics } from '../../../../src-renderer/features/settings/collect-diagnostics.tsx';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

test('diagnostics are shown before anything is saved, and saved as they were shown', async () => {
  backend.answers = { 'app.diagnostics': () => ({ text: 'Versions\n  CoTo Studio 0.1.0\n' }) };
  const saved: string[] = [];
  Object.assign(window, {
    coto: {
      versions: { electron: '33.2.1', chrome: '130' },
      dialogs: {
        saveText: async (text: string) => {
          saved.push(text);
          return `chosen:${'s'.repeat(22)}:/tmp/coto-diagnostics.txt`;
        },
      },
    },
  });
  const view = renderInWindow(<CollectDiagnostics />);
  expect(backend.inputsOf('app.diagnostics')).toEqual([]);
  fireEvent.click(view.getByText('Collect diagnostics…'));
  await waitFor(() => expect(view.getByText(/CoTo Studio 0\.1\.0/)).toBeTruthy());
  expect(saved).toEqual([]);
  fireEvent.click(view.getByText('Save…'));
  await waitFor(() =>
    expect(saved).toEqual(['Window\n  Electron 33.2.1, Chromium 130\n\nVersions\n  CoTo Studio 0.1.0\n']),
  );
});
