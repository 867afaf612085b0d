import { Checkbox, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import {
  type ExpandedState,
  getCoreRowModel,
  getExpandedRowModel,
  getSortedRowModel,
  type Header,
  type SortingState,
  useReactTable,
} from '@tanstack/react-table';
import { type ReactNode, type RefObject, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { tableStrings } from '../../strings/table.ts';
import { type DataColumn, defineColumn, fittingColumns } from './data-column.ts';
import { DataRow, type DataRowProps } from './data-row.tsx';
import classes from './data-table.module.css';
import { headerStyle } from './header-style.ts';
import { matchesWords } from './match-words.ts';
import { useRowSelection } from './row-selection.ts';

/** Rows above and below those in sight that are drawn too, so that the keyboard's next row is always there. */
const margin = 12;
/** Tables with fewer rows are drawn whole. */
const least = 60;

interface RowWindow {
  /** First drawn row; `to` is the row after the last one. */
  readonly from: number;
  readonly to: number;
}

/** The nearest element around a table that scrolls; null: the page itself. */
function scrollingParent(element: HTMLElement): HTMLElement | null {
  for (let outer = element.parentElement; outer !== null; outer = outer.parentElement)
    if (['auto', 'scroll'].includes(getComputedStyle(outer).overflowY)) return outer;
  return null;
}

/** The part of a table that is in sight, in its own pixels: among other tables, an outer element scrolls it. */
function sightOf(element: HTMLElement, outer: HTMLElement | null): { top: number; height: number } {
  const own = element.getBoundingClientRect();
  const view = outer?.getBoundingClientRect();
  const [from, to] = [view?.top ?? 0, view?.bottom ?? window.innerHeight];
  const height = Math.min(own.bottom, to) - Math.max(own.top, from);
  return { top: element.scrollTop + Math.max(0, from - own.top), height: own.height === 0 ? 0 : Math.max(1, height) };
}

/** The rows of a table that are in sight, give or take a few; all of them where the table has no height. */
function useRowWindow(scroller: RefObject<HTMLElement | null>, count: number, rowHeight: number): RowWindow {
  const [sight, setSight] = useState({ top: 0, height: 0 });
  const isLong = count >= least;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || !isLong) return;
    const outer = scrollingParent(element);
    const look = () => {
      const now = sightOf(element, outer);
      // Whole blocks of rows: most scroll events then change nothing.
      const block = rowHeight * Math.floor(margin / 2);
      const top = Math.floor(now.top / block) * block;
      const height = Math.ceil(now.height / block) * block;
      setSight((known) => (known.top === top && known.height === height ? known : { top, height }));
    };
    look();
    const sizes = new ResizeObserver(look);
    for (const one of [element, ...(outer === null ? [] : [outer])]) {
      one.addEventListener('scroll', look, { passive: true });
      sizes.observe(one);
    }
    return () => {
      for (const one of [element, outer]) one?.removeEventListener('scroll', look);
      sizes.disconnect();
    };
  }, [scroller, isLong, rowHeight]);
  if (!isLong || sight.height === 0) return { from: 0, to: isLong ? Math.min(count, least) : count };
  const first = Math.floor(sight.top / rowHeight);
  const shown = Math.ceil(sight.height / rowHeight) + Math.floor(margin / 2);
  const from = Math.max(0, Math.min(first, count - shown) - margin);
  return { from, to: Math.min(count, first + shown + margin) };
}

export type { DataColumn } from './data-column.ts';

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

export interface DataTableProps<Item> {
  /** Accessible name of the table. */
  label: string;
  items: readonly Item[];
  itemId: (item: Item) => string;
  /** Rows that an item holds, shown below it once it is expanded. */
  subItems?: (item: Item) => readonly Item[] | undefined;
  expanded?: ReadonlySet<string>;
  onExpandedChange?: (expanded: ReadonlySet<string>) => void;
  columns: readonly DataColumn<Item>[];
  /** Fits the columns into the width there is, rather than scroll sideways: see DataColumn.yields. */
  fitted?: boolean;
  initialSort?: Sort;
  /** Called with the sort order, for storing it as the next table's `initialSort`. */
  onSortChange?: (sort: Sort | undefined) => void;
  /** Rows are kept whose values have all of these words. */
  filter?: string;
  /** Checkboxes; space ticks the focused row. Selecting a group row selects the rows inside. */
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

/** Pixels of a row with its line, and of the columns of ticks and actions. */
const rowHeight = 33;
const tickWidth = 36;
const actionsWidth = 44;

/**
 * A table that sorts, filters, selects and goes by keyboard: arrows move, right and left open and close a row that holds
 * others, Enter peeks, then opens, space ticks. It scrolls inside, and draws only the rows in sight.
 */
export function DataTable<Item>(props: DataTableProps<Item>) {
  const { items, columns, itemId, subItems, filter = '', fitted = false } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [sorting, setSorting] = useState<SortingState>(
    props.initialSort ? [{ id: props.initialSort.column, desc: props.initialSort.descending }] : [],
  );
  const selectable = props.selected !== undefined && props.onSelectedChange !== undefined;
  const room = useWidth(scroller, fitted);
  const taken = (selectable ? tickWidth : 0) + (props.rowActions ? actionsWidth : 0);
  const shown = useMemo(() => (room === null ? columns : fittingColumns(columns, room, taken)), [columns, room, taken]);
  const definitions = useMemo(() => shown.map((column) => defineColumn(column)), [shown]);
  const data = useMemo(
    () =>
      filter.trim() === ''
        ? [...items]
        : items.filter((item) => matchesWords(columns.map((column) => column.value(item)).join('\n'), filter)),
    [items, columns, filter],
  );
  const expanded = useMemo(
    (): ExpandedState => Object.fromEntries([...(props.expanded ?? [])].map((id) => [id, true])),
    [props.expanded],
  );
  const table = useReactTable<Item>({
    data,
    columns: definitions,
    state: { sorting, expanded },
    onSortingChange: (change) => {
      const next = typeof change === 'function' ? change(sorting) : change;
      setSorting(next);
      const [first] = next;
      props.onSortChange?.(first && { column: first.id, descending: first.desc });
    },
    getRowId: (item) => itemId(item),
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getExpandedRowModel: getExpandedRowModel(),
    ...(subItems
      ? {
          getSubRows: (item: Item) => {
            const inner = subItems(item);
            return inner && [...inner];
          },
        }
      : {}),
  });
  const rows = table.getRowModel().rows;
  const selection = useRowSelection(rows, props.selected, props.onSelectedChange);
  const sight = useRowWindow(scroller, rows.length, rowHeight);
  const columnById = useMemo(() => new Map(shown.map((column) => [column.id, column])), [shown]);
  const nameColumn = columnById.get('name') ?? columns[0];
  const handlers = useRowHandlers(props, selection);
  const activeIsShown = rows.slice(sight.from, sight.to).some((row) => row.id === props.activeId);
  const columnCount = shown.length + (selectable ? 1 : 0) + (props.rowActions ? 1 : 0);
  const all = selection.of(rows);
  return (
    <div ref={scroller} className={classes['scroll']}>
      <table
        className={`${classes['table']} ${fitted ? classes['fitted'] : ''}`}
        aria-label={props.label}
        aria-rowcount={rows.length + 1}
      >
        {fitted ? (
          <colgroup>
            {selectable ? <col style={{ width: tickWidth }} /> : null}
            {shown.map((column) => (
              <col key={column.id} style={column.width === undefined ? undefined : { width: column.width }} />
            ))}
            {props.rowActions ? <col style={{ width: actionsWidth }} /> : null}
          </colgroup>
        ) : null}
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {selectable ? (
                <th className={classes['tick']} style={headerStyle}>
                  <Checkbox
                    aria-label={tableStrings.selectAll}
                    checked={all === 'all'}
                    indeterminate={all === 'some'}
                    onChange={selection.toggleAll}
                  />
                </th>
              ) : null}
              {group.headers.map((header) => (
                <HeaderCell key={header.id} header={header} column={columnById.get(header.column.id)} />
              ))}
              {props.rowActions ? (
                <th className={classes['actions']} style={headerStyle} data-mark>
                  <VisuallyHidden>{tableStrings.actions}</VisuallyHidden>
                </th>
              ) : null}
            </tr>
          ))}
        </thead>
        <tbody>
          <Spacer rows={sight.from} />
          {rows.slice(sight.from, sight.to).map((row, index) => (
            <DataRow
              key={row.id}
              row={row}
              index={sight.from + index}
              columns={columnById}
              name={String(nameColumn?.value(row.original) ?? row.id)}
              isFirst={activeIsShown ? row.id === props.activeId : index === 0}
              isActive={row.id === props.activeId}
              selected={selectable ? selection.of([row]) : null}
              isOpen={row.getIsExpanded()}
              {...handlers}
              {...(props.rowActions ? { actions: props.rowActions } : {})}
            />
          ))}
          <Spacer rows={rows.length - sight.to} />
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

type RowHandlers<Item> = Pick<
  DataRowProps<Item>,
  'onSelect' | 'onSelectAll' | 'onToggleExpanded' | 'onActivate' | 'onOpen'
>;

/** Actions of rows, by functions that stay the same, so that a table that scrolls draws only the rows that come into sight. */
function useRowHandlers<Item>(
  props: DataTableProps<Item>,
  selection: ReturnType<typeof useRowSelection<Item>>,
): RowHandlers<Item> {
  const latest = useRef({ props, selection });
  useLayoutEffect(() => {
    latest.current = { props, selection };
  });
  const [activates, opens] = [props.onActivate !== undefined, props.onOpen !== undefined];
  return useMemo(
    () => ({
      onSelect: (row, withRange) => latest.current.selection.toggle(row, withRange),
      onSelectAll: () => latest.current.selection.toggleAll(),
      onToggleExpanded: (id) => {
        const next = new Set(latest.current.props.expanded);
        if (!next.delete(id)) next.add(id);
        latest.current.props.onExpandedChange?.(next);
      },
      ...(activates ? { onActivate: (item: Item) => latest.current.props.onActivate?.(item) } : {}),
      ...(opens ? { onOpen: (item: Item) => latest.current.props.onOpen?.(item) } : {}),
    }),
    [activates, opens],
  );
}

/** Stands for rows that are out of sight. */
function Spacer({ rows }: { rows: number }) {
  return rows > 0 ? <tr aria-hidden style={{ height: rows * rowHeight }} /> : null;
}

interface HeaderCellProps<Item> {
  header: Header<Item, unknown>;
  column: DataColumn<Item> | undefined;
}

/** The head of a column: its name and unit, and the button that sorts by it. */
function HeaderCell<Item>({ header, column }: HeaderCellProps<Item>) {
  const sorted = header.column.getIsSorted();
  const text = (
    <span className={classes['heading']}>
      {column?.headHidden ? <VisuallyHidden>{column.header}</VisuallyHidden> : column?.header}
      {column?.unit ? <span className={classes['unit']}> {column.unit}</span> : null}
    </span>
  );
  return (
    <th
      title={column?.help ?? (column?.headHidden ? column.header : undefined)}
      data-align={column?.align}
      data-mark={column?.headHidden}
      aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'}
      style={column?.width ? { ...headerStyle, width: column.width, minWidth: column.width } : headerStyle}
    >
      {column?.sortable === false ? (
        text
      ) : (
        <button type="button" className={classes['sort']} onClick={header.column.getToggleSortingHandler()}>
          {text}
          <span className={classes['arrow']} data-shown={sorted !== false || undefined} aria-hidden>
            {sorted === 'desc' ? <IconArrowDown size={12} /> : <IconArrowUp size={12} />}
          </span>
        </button>
      )}
    </th>
  );
}

/** The width of an element in pixels, kept up to date; null while it is not known, or where nobody asks. */
function useWidth(element: RefObject<HTMLElement | null>, isAsked: boolean): number | null {
  const [width, setWidth] = useState<number | null>(null);
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured || !isAsked) return;
    const measure = () => setWidth(measured.clientWidth || null);
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(measured);
    return () => sizes.disconnect();
  }, [element, isAsked]);
  return width;
}
