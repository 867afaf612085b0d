// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { PruneAdapter } from '../../../../src-renderer/features/merge/prune-adapter.tsx';
import { backend, catalog } from '../../fake-backend.ts';
import { fieldOf, renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'app.catalog': () => ({ ...catalog, pruneMethods: catalog.pruneMethods.toReversed() }) };
});

test('an adapter is pruned by a method and its parameters', async () => {
  const view = renderInWindow(<PruneAdapter adapter={{ id: 'a', name: 'style' }} onStarted={() => undefined} />);
  await waitFor(() => expect(view.getByRole('button', { name: 'Prune' })).toBeTruthy());
  fireEvent.change(fieldOf(view, 'Block').control, { target: { value: '4' } });
  fireEvent.click(view.getByRole('button', { name: 'Prune' }));
  await waitFor(() => expect(backend.inputsOf('prune.start')).toHaveLength(1));
  expect(backend.inputsOf('prune.start')).toMatchObject([
    { adapterId: 'a', method: 'magnitude', parameters: { block: 4 } },
  ]);
});
