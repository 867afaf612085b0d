// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { expect, test } from 'vitest';
import { UpdatesPanel } from '../../../../src-renderer/features/settings/updates-panel.tsx';
import type { UpdateRequest, UpdateState } from '../../../../src-shared/contract/updates.ts';
import { renderInWindow } from '../../window.tsx';

const off: UpdateState = {
  unsupported: null,
  feed: null,
  proposed: null,
  phase: 'idle',
  version: null,
  done: null,
  total: null,
  error: null,
};

/** The panel before a shell in this state; what it asks for is noted. */
async function panel(state: UpdateState) {
  const asked: UpdateRequest[] = [];
  Object.assign(window, {
    coto: {
      updates: {
        ask: (request: UpdateRequest) => {
          asked.push(request);
          return Promise.resolve(state);
        },
        onState: () => () => undefined,
      },
    },
  });
  const view = renderInWindow(<UpdatesPanel />);
  await view.findByText('Updates');
  return { view, asked };
}

test('says why a copy has no updates, and offers nothing', async () => {
  const { view, asked } = await panel({ ...off, unsupported: 'This copy was unpacked by hand.' });
  await view.findByText('This copy was unpacked by hand.');
  expect(view.queryByRole('button')).toBeNull();
  expect(asked).toEqual([{ act: 'state' }]);
});

test('is turned on with an address, which the package may propose', async () => {
  const { view, asked } = await panel({ ...off, proposed: 'https://example.org/studio/' });
  fireEvent.click(await view.findByRole('button', { name: 'Turn on…' }));
  expect(asked).toEqual([{ act: 'state' }, { act: 'setFeed', feed: 'https://example.org/studio/' }]);
});

test('a download says how far it is, and is cancelled', async () => {
  const { view, asked } = await panel({
    ...off,
    feed: 'https://example.org/studio/',
    phase: 'downloading',
    version: '2.0.0',
    done: 50_000_000,
    total: 200_000_000,
  });
  expect((await view.findByRole('progressbar', { name: 'Downloading the update' })).getAttribute('aria-valuenow')).toBe(
    '25',
  );
  fireEvent.click(view.getByRole('button', { name: 'Cancel' }));
  expect(asked.at(-1)).toEqual({ act: 'cancel' });
});
