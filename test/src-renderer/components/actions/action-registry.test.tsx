// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import {
  registeredActions,
  type StudioAction,
  useActions,
} from '../../../../src-renderer/components/actions/action-registry.ts';
import { useActionKeys } from '../../../../src-renderer/components/actions/use-action-keys.ts';
import { MoreMenu, Page } from '../../../../src-renderer/components/layout/page.tsx';
import { DataTable } from '../../../../src-renderer/components/table/data-table.tsx';
import { renderInWindow } from '../../window.tsx';

const labels = () => registeredActions().map(({ label, about }) => [label, about]);
const item = (label: string) => ({ label, onClick: () => undefined });

test("a page's and a detail's menus are registered once, while they are shown, and those of rows are not", () => {
  const view = renderInWindow(
    <Page title="Run 7" more={[item('Archive'), item('Clone')]}>
      <MoreMenu label="More actions for digits" about="digits" items={[item('Remove')]} />
      <DataTable
        label="Rows"
        items={['a', 'b']}
        itemId={(one) => one}
        columns={[{ id: 'name', header: 'Name', value: (one) => one }]}
        rowActions={(one) => <MoreMenu label={`More for ${one}`} items={[item('Rename')]} />}
      />
    </Page>,
  );
  expect(labels()).toEqual([
    ['Archive', 'Run 7'],
    ['Clone', 'Run 7'],
    ['Remove', 'digits'],
  ]);
  view.unmount();
  expect(labels()).toEqual([]);
});

test('the latest registration counts, and the later of two with one id', () => {
  const done: string[] = [];
  function Acting({ name }: { name: string }) {
    useActions([{ id: 'one', label: name, scope: 'page', run: () => done.push(name) }]);
    return null;
  }
  const view = renderInWindow(<Acting name="first" />);
  view.rerender(<Acting name="second" />);
  registeredActions()[0]?.run?.();
  expect(done).toEqual(['second']);
  view.rerender(
    <>
      <Acting name="below" />
      <Acting name="above" />
    </>,
  );
  expect(registeredActions().map(({ label }) => label)).toEqual(['above']);
});

test('keys do nothing while typing or in a dialog, unless the action says so, and leave those of others alone', () => {
  const run = vi.fn();
  const both = vi.fn();
  const actions: StudioAction[] = [
    { id: 'undo', label: 'Undo', scope: 'page', shortcut: 'mod+Z', run },
    { id: 'start', label: 'Start', scope: 'page', shortcut: 'mod+Enter', whileTyping: true, run: both },
    { id: 'menu', label: 'Menu', scope: 'window', shortcut: 'mod+N', heardBy: 'menu', run },
    { id: 'off', label: 'Off', scope: 'page', shortcut: 'mod+J', disabledReason: 'Not yet.', run },
  ];
  function Keyed() {
    useActions(actions);
    useActionKeys(false);
    return null;
  }
  const view = renderInWindow(
    <>
      <Keyed />
      <input aria-label="text" />
      <button type="button">plain</button>
      <div role="dialog">
        <button type="button">inside</button>
      </div>
    </>,
  );
  const press = (target: HTMLElement, key: string) => fireEvent.keyDown(target, { key, ctrlKey: true });
  const text = view.getByLabelText('text');
  press(text, 'z');
  press(view.getByText('inside'), 'z');
  press(view.getByText('inside'), 'Enter');
  press(view.getByText('plain'), 'n');
  press(view.getByText('plain'), 'j');
  expect([run.mock.calls.length, both.mock.calls.length]).toEqual([0, 0]);
  press(view.getByText('plain'), 'z');
  press(text, 'Enter');
  expect([run.mock.calls.length, both.mock.calls.length]).toEqual([1, 1]);
});
