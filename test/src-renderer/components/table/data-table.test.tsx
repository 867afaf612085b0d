// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { type DataColumn, fittingColumns } from '../../../../src-renderer/components/table/data-column.ts';
import { DataTable, type DataTableProps } from '../../../../src-renderer/components/table/data-table.tsx';
import { matchesWords } from '../../../../src-renderer/components/table/match-words.ts';
import { endOf } from '../../../../src-renderer/components/table/middle-text.tsx';
import { renderInWindow } from '../../window.tsx';

interface Item {
  readonly id: string;
  readonly size: number | null;
  readonly inner?: readonly Item[];
}

const columns: readonly DataColumn<Item>[] = [
  { id: 'name', header: 'Name', value: ({ id }) => id },
  { id: 'size', header: 'Size', value: ({ size }) => size },
];
const items: readonly Item[] = [
  { id: 'ant', size: 2 },
  { id: 'bee', size: null },
  { id: 'cow', size: 30 },
  { id: 'dog', size: 4 },
];

function Table(props: Partial<DataTableProps<Item>> & { onSelected?: (ids: string[]) => void }) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  return (
    <DataTable
      label="Animals"
      items={items}
      itemId={({ id }) => id}
      columns={columns}
      selected={selected}
      onSelectedChange={(next) => {
        setSelected(next);
        props.onSelected?.([...next]);
      }}
      subItems={({ inner }) => inner}
      expanded={expanded}
      onExpandedChange={setExpanded}
      {...props}
    />
  );
}

const names = (view: ReturnType<typeof renderInWindow>) =>
  [...view.container.querySelectorAll('tbody tr')].map((row) => row.querySelectorAll('td')[1]?.textContent);
// By role and name every element would be asked for its styles, which takes long in a table.
const box = (view: ReturnType<typeof renderInWindow>, name: string) => view.getByLabelText(`Select ${name}`);

test('a click on a head sorts by its values; what is missing comes last from the largest down', () => {
  const view = renderInWindow(<Table />);
  fireEvent.click(view.getByText('Size'));
  expect(names(view)).toEqual(['cow', 'dog', 'ant', 'bee']);
  expect(view.getByText('Size').closest('th')?.getAttribute('aria-sort')).toBe('descending');
});

test('a filter keeps the rows that have all of its words, in whichever column', () => {
  const view = renderInWindow(<Table filter="30 CO" emptyText="None" />);
  expect(names(view)).toEqual(['cow']);
  expect(matchesWords('LoRA + CoTo\ncompleted', 'coto completed')).toBe(true);
  expect(matchesWords('LoRA + CoTo\ncompleted', 'coto failed')).toBe(false);
  expect(matchesWords('anything', '  ')).toBe(true);
});

describe('selection', () => {
  test('with the shift key, all rows from the last one on', () => {
    const view = renderInWindow(<Table />);
    fireEvent.click(box(view, 'bee'));
    fireEvent.click(box(view, 'dog'), { shiftKey: true });
    const ticked = () =>
      view
        .getAllByLabelText(/^Select \w{3}$/)
        .flatMap((one) => ('checked' in one && one.checked ? one.getAttribute('aria-label') : []));
    expect(ticked()).toEqual(['Select bee', 'Select cow', 'Select dog']);
    fireEvent.click(box(view, 'cow'));
    expect(ticked()).toEqual(['Select bee', 'Select dog']);
  });

  test('a group row selects its rows, which are reported', () => {
    const told: string[][] = [];
    const herd: Item = {
      id: 'herd',
      size: 9,
      inner: [
        { id: 'sheep', size: 5 },
        { id: 'goat', size: 4 },
      ],
    };
    const view = renderInWindow(<Table items={[herd, ...items]} onSelected={(ids) => told.push(ids)} />);
    fireEvent.click(box(view, 'herd'));
    expect(told).toEqual([['sheep', 'goat']]);
    fireEvent.click(view.getByLabelText('Expand herd'));
    fireEvent.click(box(view, 'goat'));
    expect(told.at(-1)).toEqual(['sheep']);
    expect(box(view, 'herd')).toHaveProperty('indeterminate', true);
  });
});

test('keys: arrows move, space ticks, right and left open and close, Enter peeks and then opens', () => {
  const done: string[] = [];
  const herd: Item = { id: 'herd', size: 9, inner: [{ id: 'sheep', size: 5 }] };
  const shared = {
    items: [herd, ...items],
    onActivate: ({ id }: Item) => done.push(`peek ${id}`),
    onOpen: ({ id }: Item) => done.push(`open ${id}`),
  };
  const view = renderInWindow(<Table {...shared} activeId="ant" />);
  const row = (name: string) => view.getByText(name).closest('tr');
  const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });
  row('herd')?.focus();
  press('ArrowRight');
  press('ArrowDown');
  expect(document.activeElement?.textContent).toContain('sheep');
  press(' ');
  expect(box(view, 'sheep')).toHaveProperty('checked', true);
  press('Enter');
  press('ArrowDown');
  press('Enter');
  expect(done).toEqual(['peek sheep', 'open ant']);
  press('ArrowUp');
  press('ArrowUp');
  press('ArrowLeft');
  expect(view.queryByText('sheep')).toBeNull();
});

describe('columns that do not fit', () => {
  const wide: readonly DataColumn<Item>[] = [
    { id: 'name', header: 'Name', value: ({ id }) => id },
    { id: 'a', header: 'A', width: 100, yields: 2, value: () => 1 },
    { id: 'b', header: 'B', width: 100, value: () => 1 },
    { id: 'c', header: 'C', width: 100, yields: 1, value: () => 1 },
  ];
  const ids = (room: number) => fittingColumns(wide, room, 50).map(({ id }) => id);

  test('go by their order of yielding; those that do not yield stay', () => {
    // The name takes 240 at least, and 50 are taken already.
    expect(ids(590)).toEqual(['name', 'a', 'b', 'c']);
    expect(ids(589)).toEqual(['name', 'b', 'c']);
    expect(ids(489)).toEqual(['name', 'b']);
    expect(ids(10)).toEqual(['name', 'b']);
  });
});

test('a name is cut before its last part, or before its last letters', () => {
  const end = (text: string) => text.slice(endOf(text));
  expect(end('LoRA + CoTo · Fashion-MNIST small · seed 42')).toBe(' · seed 42');
  expect(end('a-long-name-without-parts-of-its-own')).toBe('-its-own');
  expect(end('a · part that is far too long to be kept whole')).toBe('pt whole');
  expect(endOf('short')).toBe(0);
});

test('ticking a row draws that row again, and no other', () => {
  const drawn: string[] = [];
  const counted: readonly DataColumn<Item>[] = [
    {
      id: 'name',
      header: 'Name',
      value: ({ id }) => id,
      cell: ({ id }) => {
        drawn.push(id);
        return id;
      },
    },
  ];
  const view = renderInWindow(<Table columns={counted} />);
  drawn.length = 0;
  fireEvent.click(box(view, 'bee'));
  expect(new Set(drawn)).toEqual(new Set(['bee']));
  fireEvent.click(box(view, 'cow'));
  expect(new Set(drawn)).toEqual(new Set(['bee', 'cow']));
});

test('a table that an outer element scrolls draws the rows in sight only', () => {
  const many = Array.from({ length: 500 }, (_, index) => ({ id: `row-${index}`, size: index }));
  const box = vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(function (this: HTMLElement) {
    return this.dataset['outer'] === undefined ? new DOMRect(0, -6600, 600, 33 * 501) : new DOMRect(0, 0, 600, 660);
  });
  const view = renderInWindow(
    <div data-outer="" style={{ overflowY: 'auto' }}>
      <Table items={many} />
    </div>,
  );
  box.mockRestore();
  const shown = names(view).flatMap((name) => (name === undefined ? [] : [Number(name.slice(4))]));
  expect(shown.length).toBeLessThan(70);
  expect(shown[0]).toBeLessThanOrEqual(198);
  expect(shown.at(-1)).toBeGreaterThanOrEqual(222);
});
