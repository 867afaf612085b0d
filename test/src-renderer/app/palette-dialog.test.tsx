// @vitest-environment happy-dom
import { act, fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { PaletteDialog } from '../../../src-renderer/app/palette-dialog.tsx';
import { openPalette } from '../../../src-renderer/app/palette-store.ts';
import { showShortcuts } from '../../../src-renderer/app/shortcuts.tsx';
import { useWindowActions } from '../../../src-renderer/app/window-actions.tsx';
import { Page } from '../../../src-renderer/components/layout/page.tsx';
import { adapter, backend } from '../fake-backend.ts';
import { run, training } from '../features/home/home-records.ts';
import { renderInWindow } from '../window.tsx';

vi.mock('../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../src-renderer/api/client.ts')>()),
  request: (await import('../fake-backend.ts')).request,
}));

const archive = vi.fn();
beforeEach(() => {
  vi.stubGlobal('coto', { platform: 'linux' });
  archive.mockClear();
  backend.asked = [];
  backend.answers = {
    'jobs.list': () => [training('a')],
    'runs.list': () => [run('a', { status: 'running' }), run('b', { status: 'paused' })],
    'adapters.list': () => [adapter('fmnist-1')],
    'datasets.list': () => [],
    'models.list': () => [],
    'studies.list': () => [],
    'reports.list': () => [],
    'runs.pause': () => ({ ok: true }),
  };
});

function Window() {
  useWindowActions(() => undefined);
  return (
    <Page title="Run b" more={[{ label: 'Archive', onClick: archive }]}>
      <PaletteDialog />
    </Page>
  );
}

test('finds currently available actions by common words', async () => {
  const view = renderInWindow(<Window />);
  expect(backend.asked).toEqual([]);
  act(openPalette);
  const palette = await view.findByRole('dialog', { name: 'Command palette' });
  const search = within(palette).getByLabelText('Search pages, runs, adapters and actions');
  const type = (value: string) => fireEvent.change(search, { target: { value } });
  const names = () =>
    within(palette)
      .getAllByRole('button')
      .map((button) => button.textContent);
  await waitFor(() => expect(names()).toContain('Pause run a'));
  type('export');
  await waitFor(() => expect(names()).toContainEqual(expect.stringContaining('fmnist-1')));
  type('queue');
  expect(names()).toEqual(expect.arrayContaining(['Cancel Train run a', 'Resume run b', 'HomeCtrl1']));
  type('dataset');
  expect(names()).toEqual(expect.arrayContaining(['Add image folder…', 'DataCtrl2']));
  type('archive');
  const [first] = within(palette).getAllByRole('button');
  if (!first) throw new Error('Nothing archives.');
  expect(first.textContent).toBe('ArchiveRun b');
  fireEvent.click(first);
  expect(archive).toHaveBeenCalledTimes(1);
  expect(new Set(names()).size).toBe(names().length);
});

test('the list of shortcuts has what works now, and each keys once', async () => {
  const view = renderInWindow(<Window />);
  act(showShortcuts);
  const table = await view.findByRole('table', { name: 'Everywhere' });
  const rows = within(table)
    .getAllByRole('row')
    .map((row) => row.textContent);
  expect(rows).toEqual(
    expect.arrayContaining(['CtrlKSearch and commands', 'F1Guide', 'CtrlNNew run', 'Ctrl,Settings']),
  );
  const keys = within(table)
    .getAllByRole('row')
    .map((row) => row.querySelector('td')?.textContent);
  expect(new Set(keys).size).toBe(keys.length);
});
