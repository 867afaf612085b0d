// @vitest-environment happy-dom
import { act, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { parseRoute } from '../../../../src-renderer/app/route-path.ts';
import { navigate, useRoute } from '../../../../src-renderer/app/routes.tsx';
import { Page } from '../../../../src-renderer/components/layout/page.tsx';
import { renderInWindow } from '../../window.tsx';

function Window() {
  const name = useRoute(({ segments }) => segments[0] ?? '');
  return (
    <>
      <button type="button">rail</button>
      <Page key={name} title={name}>
        <button type="button">inside {name}</button>
      </Page>
    </>
  );
}

test('a change of page leads the focus to its heading; a choice within the page does not, nor does the first page', async () => {
  const view = renderInWindow(<Window />);
  const rail = view.getByText('rail');
  rail.focus();
  expect(document.activeElement).toBe(rail);
  act(() => navigate('/data'));
  await waitFor(() => expect(document.activeElement).toBe(view.getByRole('heading', { name: 'data' })));
  const inside = view.getByText('inside data');
  inside.focus();
  act(() => navigate('/data/digits'));
  await waitFor(() => expect(useRoute.getState().path).toBe('/data/digits'));
  expect(document.activeElement).toBe(inside);
});

test('keeps the focus of users who move on before the heading gets it', async () => {
  const view = renderInWindow(<Window />);
  view.getByText('rail').focus();
  act(() => useRoute.setState(parseRoute('#/models'), true));
  const inside = view.getByText('inside models');
  inside.focus();
  // A timer that was set later fires later, however busy the machine is.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(document.activeElement).toBe(inside);
});
