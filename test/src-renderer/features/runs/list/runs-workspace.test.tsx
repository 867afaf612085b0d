// @vitest-environment happy-dom
import { Notifications } from '@mantine/notifications';
import { fireEvent, type RenderResult, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { useRoute } from '../../../../../src-renderer/app/routes.tsx';
import { registeredActions } from '../../../../../src-renderer/components/actions/action-registry.ts';
import { useUndoOffer } from '../../../../../src-renderer/components/feedback/undo.tsx';
import { forgetGlances } from '../../../../../src-renderer/features/runs/list/run-glances.ts';
import { changeRunsList } from '../../../../../src-renderer/features/runs/list/runs-list-store.ts';
import { RunsWorkspace } from '../../../../../src-renderer/features/runs/list/runs-workspace.tsx';
import type { RunRecord } from '../../../../../src-shared/domain/runs/run.ts';
import { backend, catalog } from '../../../fake-backend.ts';
import { renderInWindow } from '../../../window.tsx';
import { historyOf, makeRun } from '../run-records.ts';

vi.mock('../../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../../fake-backend.ts')).request,
}));

const runs = [
  makeRun('1', { seed: 1, accuracy: 0.6 }),
  makeRun('2', { seed: 2, accuracy: 0.7 }),
  makeRun('3', { seed: 1, coto: true, accuracy: 0.62 }),
  makeRun('4', { seed: 2, coto: true, accuracy: 0.74 }),
  makeRun('5', { seed: 3, coto: true }, { tags: ['paper'] }),
];

beforeEach(() => {
  localStorage.clear();
  forgetGlances();
  changeRunsList({ filter: '', archived: false, grouping: 'none', selected: new Set(), activeId: null });
  changeRunsList({ expanded: new Set(), comparisonClosed: false });
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => catalog,
    'runs.list': ({ archived }) => (archived ? [] : runs),
    'jobs.list': () => [],
    'datasets.list': () => [],
    'models.list': () => [],
    'runs.history': historyOf,
    'studies.tuned': () => null,
    'runs.update': ({ id, ...changes }) => ({ ...runOf(id), ...changes }) as RunRecord,
    'runs.size': () => ({ bytes: 1024 ** 2 }),
    'runs.remove': () => ({ freedBytes: 1024 ** 2 }),
    'deletions.undo': () => ({ ok: true }),
  };
});

function runOf(id: string): RunRecord {
  const run = runs.find((one) => one.id === id);
  if (run === undefined) throw new Error(id);
  return run;
}

async function open(): Promise<RenderResult> {
  const view = renderInWindow(
    <>
      <Notifications />
      <RunsWorkspace />
    </>,
  );
  await waitFor(() => expect(view.getByText('Run 1')).toBeTruthy());
  return view;
}

/** The rows of the table without its head. */
function rowsOf(view: RenderResult): HTMLElement[] {
  return [...view.container.querySelectorAll<HTMLElement>('tbody tr')];
}

// By role and name every element would be asked for its styles, which takes long in a table.
const toolbar = (view: RenderResult) => view.container.querySelector<HTMLElement>('[role="toolbar"]');
const inBar = (view: RenderResult, text: string) => within(toolbar(view) ?? view.container).getByText(text);
const dialog = () => document.querySelector<HTMLElement>('[role="dialog"]');
const columnNames = (view: RenderResult) => [...view.container.querySelectorAll('th')].map((head) => head.textContent);
const filter = (view: RenderResult, text: string) =>
  fireEvent.change(view.getByLabelText('Filter runs'), { target: { value: text } });
const tick = (view: RenderResult, name: string) => fireEvent.click(view.getByLabelText(`Select ${name}`));

test('the table has the page to itself until a run is clicked', async () => {
  const view = await open();
  expect(view.container.querySelector('hr')).toBeNull();
  fireEvent.click(view.getByText('Run 2'));
  expect(view.getByLabelText('Selected run').textContent).toContain('Run 2');
  expect(view.container.querySelector('hr')).toBeTruthy();
  fireEvent.click(view.getByLabelText('Close the panel'));
  expect(view.queryByLabelText('Selected run')).toBeNull();
});

test('every word of the filter must be found, in name, status, method, seed, data or tags', async () => {
  const view = await open();
  filter(view, 'coto completed seed 2');
  expect(rowsOf(view).map((row) => row.textContent)).toEqual([expect.stringContaining('Run 4')]);
  filter(view, 'digits PAPER');
  expect(rowsOf(view).map((row) => row.textContent)).toEqual([expect.stringContaining('Run 5')]);
  filter(view, 'coto failed');
  expect(rowsOf(view).map((row) => row.textContent)).toEqual(['No matching runs']);
});

test('seeds fold to one row with mean, interval and the paired difference to the same without CoTo', async () => {
  changeRunsList({ grouping: 'method' });
  const view = renderInWindow(<RunsWorkspace />);
  // A row says its method first: the data alone is the same in both.
  await waitFor(() => expect(view.getByText('LoRA + CoTo', { selector: 'b' })).toBeTruthy());
  const [coto, without] = rowsOf(view).map((row) => row.textContent);
  // 62 and 74: mean 68, t(0.975, 1) · 6√2 / √2 = 12.7062 · 6 = 76.2. Pairs: +2 and +4, mean 3, 12.7062 · 1 = 12.7.
  expect(coto).toContain('68.0 ± 76.2 %');
  expect(coto).toContain('+3.0 ± 12.7');
  expect(coto).toContain('3 seeds');
  expect(without).toContain('65.0 ± 63.5 %');
  const [expander] = view.getAllByLabelText('Expand LoRA + CoTo · digits');
  if (expander) fireEvent.click(expander);
  expect(rowsOf(view).map((row) => row.textContent)).toEqual([
    coto,
    ...[5, 4, 3].map((id) => expect.stringContaining(`Run ${id}`)),
    without,
  ]);
});

test('ticked runs raise a bar; its count says how many the filter hides', async () => {
  const view = await open();
  expect(toolbar(view)).toBeNull();
  tick(view, 'Run 1');
  tick(view, 'Run 3');
  filter(view, 'coto');
  expect(toolbar(view)?.textContent).toContain('2 runs selected, 1 hidden by the filter');
  fireEvent.click(inBar(view, 'Compare'));
  await waitFor(() => expect(useRoute.getState().path).toBe('/runs/compare'));
  expect(useRoute.getState().query.get('ids')).toBe('1,3');
});

test('deleting several names them, says what it frees, leaves the one that trains, and can be undone', async () => {
  const view = await open();
  for (const name of ['Run 1', 'Run 2', 'Run 5']) tick(view, name);
  fireEvent.click(inBar(view, 'Delete'));
  await waitFor(() => expect(dialog()).not.toBeNull());
  expect(dialog()?.textContent).toContain('Delete 2 runs?');
  expect(dialog()?.textContent).toContain('Run 1');
  expect(dialog()?.textContent).toContain('Frees 2.00 MiB.');
  expect(dialog()?.textContent).toContain('1 run still training is kept.');
  expect(backend.inputsOf('runs.remove')).toEqual([]);
  fireEvent.click(within(dialog() ?? document.body).getByText('Delete'));
  await waitFor(() => expect(backend.inputsOf('runs.remove')).toMatchObject([{ id: '1' }, { id: '2' }]));
  fireEvent.click(await view.findByLabelText('Undo: 2 runs deleted'));
  await waitFor(() => expect(backend.inputsOf('deletions.undo')).toEqual([{ list: 'runs', ids: ['1', '2'] }]));
});

test('archiving can be undone, and then nothing is offered any more', async () => {
  const view = await open();
  tick(view, 'Run 1');
  fireEvent.click(inBar(view, 'Archive'));
  await view.findByLabelText('Undo: 1 run archived');
  useUndoOffer.getState().offer?.undo();
  await waitFor(() =>
    expect(backend.inputsOf('runs.update')).toMatchObject([
      { id: '1', archived: true },
      { id: '1', archived: false },
    ]),
  );
  expect(useUndoOffer.getState().offer).toBeNull();
});

test('F2 renames the row with the focus; without one, the run that is shown beside the table', async () => {
  const view = await open();
  const rename = () => registeredActions().find(({ shortcut }) => shortcut === 'F2');
  expect(rename()).toMatchObject({ label: 'Rename run…', scope: 'page' });
  const shownName = async () => (await view.findByLabelText('Name')).getAttribute('value');
  rowsOf(view)[1]?.focus();
  rename()?.run?.();
  const name = rowsOf(view)[1]?.textContent?.match(/Run \d/)?.[0];
  expect(await shownName()).toBe(name);
  fireEvent.click(within(dialog() ?? document.body).getByText('Cancel'));
  await waitFor(() => expect(dialog()).toBeNull());
  fireEvent.click(view.getByText('Run 4'));
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  rename()?.run?.();
  expect(await shownName()).toBe('Run 4');
});

test('a tag goes to each of the ticked runs, beside those that they have', async () => {
  const view = await open();
  tick(view, 'Run 1');
  tick(view, 'Run 5');
  fireEvent.click(inBar(view, 'Tag'));
  const field = await view.findByLabelText('Tags', { selector: 'input' });
  fireEvent.change(field, { target: { value: 'demo' } });
  fireEvent.keyDown(field, { key: 'Enter' });
  fireEvent.submit(field);
  await waitFor(() =>
    expect(backend.inputsOf('runs.update')).toEqual([
      { id: '1', tags: ['demo'] },
      { id: '5', tags: ['paper', 'demo'] },
    ]),
  );
});

test('a run is renamed from the menu of its row', async () => {
  const view = await open();
  fireEvent.click(view.getByLabelText('Actions for Run 2'));
  fireEvent.click(await view.findByText('Rename…'));
  const field = await view.findByLabelText('Name');
  fireEvent.change(field, { target: { value: ' Better name ' } });
  fireEvent.submit(field);
  await waitFor(() => expect(backend.inputsOf('runs.update')).toEqual([{ id: '2', name: 'Better name' }]));
});

test('a column that is chosen is shown, and again when the page is opened anew', async () => {
  const view = await open();
  expect(columnNames(view)).not.toContain('Learning rate');
  fireEvent.click(view.getByLabelText('Columns'));
  fireEvent.click(await view.findByText('Learning rate'));
  expect(columnNames(view)).toContain('Learning rate');
  view.unmount();
  expect(columnNames(await open())).toContain('Learning rate');
});
