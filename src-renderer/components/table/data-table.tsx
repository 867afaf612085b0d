import { Checkbox, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import {
  type ColumnDef,
  flexRender,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  type Row,
  type SortingState,
  useReactTable,
} from '@tanstack/react-table';
import { type KeyboardEvent, type ReactNode, useMemo, useState } from 'react';
import { PaletteContext } from '../layout/page.tsx';
import classes from './data-table.module.css';
import { headerStyle } from './header-style.ts';

export interface DataColumn<Item> {
  id: string;
  header: string;
  /** In the column's head, in grey: the unit of its numbers. */
  unit?: string;
  /** On hover over the head. */
  help?: string;
  /** What is sorted and filtered by. */
  value: (item: Item) => string | number | boolean | null;
  /** What is shown; the value itself where it is left out. */
  cell?: (item: Item) => ReactNode;
  /** Numbers are right-aligned. */
  align?: 'left' | 'right';
  /** Pixels. Where it is left out the column takes what its content needs. */
  width?: number;
  sortable?: boolean;
}

interface DataTableProps<Item> {
  /** What a screen reader calls the table. */
  label: string;
  items: readonly Item[];
  itemId: (item: Item) => string;
  columns: readonly DataColumn<Item>[];
  initialSort?: { column: string; descending: boolean };
  /** Rows are kept where any of their values contains this text. */
  filter?: string;
  /** Checkboxes; space ticks the focused row. */
  selected?: ReadonlySet<string>;
  onSelectedChange?: (selected: ReadonlySet<string>) => void;
  /** The row that the panel beside the table shows. */
  activeId?: string | null;
  /** Click, Enter: peek at the row. */
  onActivate?: (item: Item) => void;
  /** Double click, or Enter on the active row: go to its own page. */
  onOpen?: (item: Item) => void;
  /** Last cell of each row: a "more" menu or a button. */
  rowActions?: (item: Item) => ReactNode;
  /** Shown instead of rows where the filter leaves none. */
  emptyText?: string;
}

/** A table that sorts, filters, selects and goes by keyboard: arrows move, Enter peeks, then opens, space ticks. It scrolls inside. */
export function DataTable<Item>(props: DataTableProps<Item>) {
  const { items, columns, itemId, selected, onSelectedChange } = props;
  const [sorting, setSorting] = useState<SortingState>(
    props.initialSort ? [{ id: props.initialSort.column, desc: props.initialSort.descending }] : [],
  );
  const definitions = useMemo(() => columns.map((column) => defineColumn(column)), [columns]);
  const data = useMemo(() => [...items], [items]);
  const table = useReactTable<Item>({
    data,
    columns: definitions,
    state: { sorting, globalFilter: props.filter ?? '' },
    onSortingChange: setSorting,
    getRowId: (item) => itemId(item),
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
    globalFilterFn: (row, columnId, text: string) =>
      String(row.getValue<unknown>(columnId) ?? '')
        .toLowerCase()
        .includes(text.toLowerCase()),
  });
  const rows = table.getRowModel().rows;
  const columnById = new Map(columns.map((column) => [column.id, column]));
  const nameColumn = columnById.get('name') ?? columns[0];
  const nameOf = (item: Item) => String(nameColumn?.value(item) ?? itemId(item));
  const selectable = selected !== undefined && onSelectedChange !== undefined;

  const toggle = (id: string) => {
    if (!selectable) return;
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelectedChange(next);
  };
  const toggleAll = () => {
    if (!selectable) return;
    const all = rows.every((row) => selected.has(row.id));
    onSelectedChange(all ? new Set() : new Set(rows.map((row) => row.id)));
  };
  const onRowKey = (event: KeyboardEvent<HTMLTableRowElement>, row: Row<Item>) => {
    if (event.target !== event.currentTarget) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const other =
        event.key === 'ArrowDown' ? event.currentTarget.nextElementSibling : event.currentTarget.previousElementSibling;
      if (other instanceof HTMLElement) other.focus();
    } else if (event.key === 'Enter' && props.onOpen && row.id === props.activeId) {
      event.preventDefault();
      props.onOpen(row.original);
    } else if (event.key === 'Enter' && props.onActivate) {
      event.preventDefault();
      props.onActivate(row.original);
    } else if (event.key === ' ' && selectable) {
      event.preventDefault();
      toggle(row.id);
    }
  };

  const activeIsShown = rows.some((row) => row.id === props.activeId);
  const isInner = (target: EventTarget) =>
    target instanceof Element && target.closest('button, a, input, label') !== null;
  const columnCount = columns.length + (selectable ? 1 : 0) + (props.rowActions ? 1 : 0);
  return (
    <div className={classes['scroll']}>
      <table className={classes['table']} aria-label={props.label}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {selectable ? (
                <th className={classes['tick']} style={headerStyle}>
                  <Checkbox
                    aria-label="Select all"
                    checked={rows.length > 0 && rows.every((row) => selected.has(row.id))}
                    indeterminate={
                      rows.some((row) => selected.has(row.id)) && !rows.every((row) => selected.has(row.id))
                    }
                    onChange={toggleAll}
                  />
                </th>
              ) : null}
              {group.headers.map((header) => {
                const column = columnById.get(header.column.id);
                const sorted = header.column.getIsSorted();
                return (
                  <th
                    key={header.id}
                    title={column?.help}
                    data-align={column?.align}
                    aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'}
                    style={
                      column?.width ? { ...headerStyle, width: column.width, minWidth: column.width } : headerStyle
                    }
                  >
                    {column?.sortable === false ? (
                      <HeaderText column={column} />
                    ) : (
                      <button
                        type="button"
                        className={classes['sort']}
                        onClick={header.column.getToggleSortingHandler()}
                      >
                        <HeaderText column={column} />
                        <span className={classes['arrow']} data-shown={sorted !== false || undefined} aria-hidden>
                          {sorted === 'desc' ? <IconArrowDown size={12} /> : <IconArrowUp size={12} />}
                        </span>
                      </button>
                    )}
                  </th>
                );
              })}
              {props.rowActions ? (
                <th className={classes['actions']} style={headerStyle}>
                  <VisuallyHidden>Actions</VisuallyHidden>
                </th>
              ) : null}
            </tr>
          ))}
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr
              key={row.id}
              tabIndex={(activeIsShown ? row.id === props.activeId : index === 0) ? 0 : -1}
              data-active={row.id === props.activeId || undefined}
              data-chosen={selected?.has(row.id) || undefined}
              data-clickable={props.onActivate ? true : undefined}
              aria-selected={selectable ? selected.has(row.id) : undefined}
              onKeyDown={(event) => onRowKey(event, row)}
              onClick={(event) => {
                if (!isInner(event.target)) props.onActivate?.(row.original);
              }}
              onDoubleClick={(event) => {
                if (!isInner(event.target)) props.onOpen?.(row.original);
              }}
            >
              {selectable ? (
                <td className={classes['tick']}>
                  <Checkbox
                    aria-label={`Choose ${nameOf(row.original)}`}
                    checked={selected.has(row.id)}
                    onChange={() => toggle(row.id)}
                  />
                </td>
              ) : null}
              {row.getVisibleCells().map((cell) => (
                <td key={cell.id} data-align={columnById.get(cell.column.id)?.align}>
                  {flexRender(cell.column.columnDef.cell, cell.getContext())}
                </td>
              ))}
              {props.rowActions ? (
                <td className={classes['actions']}>
                  <PaletteContext value={false}>{props.rowActions(row.original)}</PaletteContext>
                </td>
              ) : null}
            </tr>
          ))}
          {rows.length === 0 && props.emptyText ? (
            <tr>
              <td colSpan={columnCount} className={classes['none']}>
                {props.emptyText}
              </td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}

function HeaderText<Item>({ column }: { column: DataColumn<Item> | undefined }) {
  return (
    <span>
      {column?.header}
      {column?.unit ? <span className={classes['unit']}> {column.unit}</span> : null}
    </span>
  );
}

function defineColumn<Item>(column: DataColumn<Item>): ColumnDef<Item> {
  return {
    id: column.id,
    header: column.header,
    accessorFn: (item) => column.value(item),
    enableSorting: column.sortable ?? true,
    sortUndefined: 'last',
    sortingFn: (left, right, id) => compareValues(left.getValue(id), right.getValue(id)),
    cell: (context) =>
      column.cell ? column.cell(context.row.original) : String(column.value(context.row.original) ?? '–'),
  };
}

/** Numbers by size, texts by their language's order with digits by value; what is missing comes first. */
function compareValues(left: unknown, right: unknown): number {
  if (left === null || left === undefined) return right === null || right === undefined ? 0 : -1;
  if (right === null || right === undefined) return 1;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return String(left).localeCompare(String(right), 'en', { numeric: true });
}
