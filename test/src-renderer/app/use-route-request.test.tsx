// @vitest-environment happy-dom
import { act, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { navigate, useRoute } from '../../../src-renderer/app/routes.tsx';
import { useRouteRequest } from '../../../src-renderer/app/use-route-request.ts';
import { renderHookInWindow } from '../window.tsx';

test('each request of the address is carried out once', async () => {
  const done: string[] = [];
  act(() => navigate('/data'));
  renderHookInWindow(() => useRouteRequest('add', (value) => done.push(value)));
  for (const [index, kind] of ['file', 'file', 'folder'].entries()) {
    act(() => navigate(`/data?add=${kind}`));
    await waitFor(() => expect(done).toHaveLength(index + 1));
    // happy-dom changes the address on replace(), but tells nobody.
    act(() => void window.dispatchEvent(new Event('hashchange')));
    expect(useRoute.getState()).toMatchObject({ path: '/data', query: new Map() });
  }
  expect(done).toEqual(['file', 'file', 'folder']);
});
