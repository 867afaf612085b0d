// @vitest-environment happy-dom
import { waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import MergePage from '../../../../src-renderer/pages/merge/merge-page.tsx';
import { adapter, backend, catalog } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

test('an adapter whose base is not in the studio has a card that says so', async () => {
  const foreignBase = { name: 'sd_xl_base_1.0', hash: null, architecture: null };
  backend.answers = {
    'app.catalog': () => catalog,
    'adapters.list': () => [adapter('style', { modelId: null, foreignBase }), adapter('other')],
    'models.list': () => [],
    'datasets.list': () => [],
    'runs.list': () => [],
  };
  const view = renderInWindow(<MergePage />);
  await waitFor(() => expect(view.getByText('style')).toBeTruthy());
  expect(view.getByText(/^sd_xl_base_1\.0 \(not in the studio\)/)).toBeTruthy();
  expect(view.getByText('other')).toBeTruthy();
});
