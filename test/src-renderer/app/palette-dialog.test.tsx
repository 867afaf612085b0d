// @vitest-environment happy-dom
import { act, fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { PaletteDialog } from '../../../src-renderer/app/palette-dialog.tsx';
import { openPalette } from '../../../src-renderer/app/palette-store.ts';
import { showShortcuts } from '../../../src-renderer/app/shortcuts.tsx';
import { useWindowActions } from '../../../src-renderer/app/window-actions.tsx';
import { useKeyFile } from '../../../src-renderer/components/actions/changed-keys.ts';
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
  const keys = { read: vi.fn(async () => ''), write: vi.fn(async () => undefined), onChange: () => () => undefined };
  vi.stubGlobal('coto', { platform: 'linux', keys });
  useKeyFile.setState(useKeyFile.getInitialState());
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

const openList = async () => {
  const view = renderInWindow(<Window />);
  act(showShortcuts);
  await view.findByRole('table', { name: 'Everywhere' });
  return view;
};
/** The text in sight: the name of a button begins with words that are only heard. */
const shown = (element: Element | undefined) =>
  (element?.textContent ?? '').replace(/Change the keys of .*? (?=Ctrl|Alt|Shift|F\d|No keys|[^a-z]$|$)/, '');
const buttonOf = (view: Awaited<ReturnType<typeof openList>>, label: string) =>
  view.getByRole('button', { name: (name) => name.startsWith(`Change the keys of ${label} `) });

test('the keys of an action are recorded, and conflicts and bad lines are named', async () => {
  vi.mocked(window.coto.keys.read).mockResolvedValue('guide: F4\nnosuch: F5\nbad line\n');
  const view = await openList();
  await view.findByText('Line 2: no action has the id nosuch.');
  view.getByText('Line 3: "bad line" is not an id, a colon and keys, such as "new-run: Ctrl+Shift+R".');
  expect(shown(buttonOf(view, 'Guide'))).toBe('F4');
  fireEvent.click(buttonOf(view, 'New run'));
  const recording = view.getByRole('button', { name: 'Press the new keys' });
  fireEvent.keyDown(recording, { key: 'Control', ctrlKey: true });
  fireEvent.keyDown(recording, { key: 'x' });
  expect(window.coto.keys.write).not.toHaveBeenCalled();
  fireEvent.keyDown(recording, { key: 'F4' });
  await waitFor(() => expect(shown(buttonOf(view, 'New run'))).toBe('F4'));
  expect(window.coto.keys.write).toHaveBeenLastCalledWith('guide: F4\nnosuch: F5\nbad line\nnew-run: F4\n');
  view.getByText('Also: Guide');
  view.getByText('Also: New run');
  fireEvent.click(view.getByRole('button', { name: 'Reset the keys of New run' }));
  await waitFor(() => expect(shown(buttonOf(view, 'New run'))).toBe('CtrlN'));
  expect(view.queryByText('Also: Guide')).toBeNull();
  fireEvent.click(buttonOf(view, 'New run'));
  fireEvent.keyDown(view.getByRole('button', { name: 'Press the new keys' }), { key: 'Backspace' });
  await waitFor(() => expect(shown(buttonOf(view, 'New run'))).toBe('No keys'));
});

test('the list of keys has every action, is searched by keys, and has each keys once', async () => {
  const view = await openList();
  const table = view.getByRole('table', { name: 'Everywhere' });
  const rows = within(table)
    .getAllByRole('row')
    .map((row) => shown(row));
  expect(rows).toEqual(
    expect.arrayContaining(['Search and commandsCtrlK', 'GuideF1', 'New runCtrlN', 'SettingsCtrl,', 'DataCtrl2']),
  );
  const keys = within(table)
    .getAllByRole('row')
    .map((row) => shown(row.querySelectorAll('td')[0]))
    .filter((text) => text !== 'No keys');
  expect(new Set(keys).size).toBe(keys.length);
  within(view.getByRole('table', { name: 'On this page' })).getByText('Archive');
  within(view.getByRole('table', { name: 'On the page Train' })).getByText('Start training');
  fireEvent.change(view.getByLabelText('Search actions and keys'), { target: { value: 'ctrl+2' } });
  expect(view.getAllByRole('row').map((row) => shown(row))).toEqual(['DataCtrl2']);
});
