import { Checkbox } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { flexRender, type Row } from '@tanstack/react-table';
import { type KeyboardEvent, type MouseEvent, memo, type ReactNode } from 'react';
import { tableStrings } from '../../strings/table.ts';
import { PaletteContext } from '../layout/page.tsx';
import type { DataColumn } from './data-column.ts';
import classes from './data-table.module.css';
import type { Selected } from './row-selection.ts';

export interface DataRowProps<Item> {
  row: Row<Item>;
  index: number;
  columns: ReadonlyMap<string, DataColumn<Item>>;
  /** Accessible name of the row. */
  name: string;
  /** True if Tab reaches this row; only one row of the table is reachable. */
  isFirst: boolean;
  isActive: boolean;
  /** Null: rows cannot be selected. */
  selected: Selected | null;
  /** True if it holds others and they are shown. */
  isOpen: boolean;
  onSelect: (row: Row<Item>, withRange: boolean) => void;
  onSelectAll: () => void;
  onToggleExpanded: (id: string) => void;
  onActivate?: (item: Item) => void;
  onOpen?: (item: Item) => void;
  actions?: (item: Item) => ReactNode;
}

/** One row of a DataTable, with its keys and clicks. It is drawn again only if its own properties change. */
export const DataRow = memo(PlainRow) as typeof PlainRow;

function PlainRow<Item>(props: DataRowProps<Item>) {
  const { row, columns, selected, isActive } = props;
  const holdsOthers = row.subRows.length > 0;
  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>) => {
    if (event.target !== event.currentTarget) return;
    const act = keyAction(event, props);
    if (!act) return;
    event.preventDefault();
    act();
  };
  const ifOutside = (event: MouseEvent, act: () => void) => {
    if (!isInner(event)) act();
  };
  return (
    <tr
      aria-rowindex={props.index + 2}
      data-row-id={row.id}
      tabIndex={props.isFirst ? 0 : -1}
      data-active={isActive || undefined}
      data-chosen={selected === 'all' || undefined}
      data-depth={row.depth || undefined}
      data-clickable={props.onActivate || holdsOthers ? true : undefined}
      aria-selected={selected === null ? undefined : selected === 'all'}
      onKeyDown={onKeyDown}
      onClick={(event) =>
        ifOutside(event, () => {
          if (holdsOthers) props.onToggleExpanded(row.id);
          else props.onActivate?.(row.original);
        })
      }
      onDoubleClick={(event) =>
        ifOutside(event, () => {
          if (!holdsOthers) props.onOpen?.(row.original);
        })
      }
    >
      {selected === null ? null : (
        <td className={classes['tick']}>
          <Checkbox
            aria-label={tableStrings.select(props.name)}
            checked={selected === 'all'}
            indeterminate={selected === 'some'}
            onChange={() => undefined}
            onClick={(event) => props.onSelect(row, event.shiftKey)}
          />
        </td>
      )}
      {row.getVisibleCells().map((cell) => {
        const column = columns.get(cell.column.id);
        const content = flexRender(cell.column.columnDef.cell, cell.getContext());
        return (
          <td key={cell.id} data-align={column?.align} data-mark={column?.headHidden}>
            {cell.column.id === 'name' && (holdsOthers || row.depth > 0) ? (
              <div className={classes['tree']} style={{ paddingLeft: holdsOthers ? 0 : 20 * row.depth }}>
                {holdsOthers ? (
                  <Expander row={row} isOpen={props.isOpen} name={props.name} onToggle={props.onToggleExpanded} />
                ) : null}
                {content}
              </div>
            ) : (
              content
            )}
          </td>
        );
      })}
      {props.actions ? (
        <td className={classes['actions']} data-mark>
          <PaletteContext value={false}>{props.actions(row.original)}</PaletteContext>
        </td>
      ) : null}
    </tr>
  );
}

interface ExpanderProps<Item> {
  row: Row<Item>;
  isOpen: boolean;
  name: string;
  onToggle: (id: string) => void;
}

function Expander<Item>({ row, isOpen, name, onToggle }: ExpanderProps<Item>) {
  return (
    <button
      type="button"
      className={classes['expander']}
      tabIndex={-1}
      aria-label={isOpen ? tableStrings.collapse(name) : tableStrings.expand(name)}
      aria-expanded={isOpen}
      onClick={() => onToggle(row.id)}
    >
      {isOpen ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
    </button>
  );
}

/** Returns the action of a key in the focused row, if it has one. */
function keyAction<Item>(
  event: KeyboardEvent<HTMLTableRowElement>,
  { row, isActive, isOpen, selected, ...props }: DataRowProps<Item>,
): (() => void) | null {
  const element = event.currentTarget;
  const holdsOthers = row.subRows.length > 0;
  if (event.key === 'ArrowDown') return () => focusRow(element.nextElementSibling);
  if (event.key === 'ArrowUp') return () => focusRow(element.previousElementSibling);
  if (event.key === 'ArrowRight' && holdsOthers && !isOpen) return () => props.onToggleExpanded(row.id);
  if (event.key === 'ArrowLeft' && holdsOthers && isOpen) return () => props.onToggleExpanded(row.id);
  if (event.key === ' ' && selected !== null) return () => props.onSelect(row, event.shiftKey);
  if (event.key === 'a' && (event.ctrlKey || event.metaKey) && selected !== null) return props.onSelectAll;
  if (event.key !== 'Enter') return null;
  if (holdsOthers) return () => props.onToggleExpanded(row.id);
  const act = isActive && props.onOpen ? props.onOpen : props.onActivate;
  return act ? () => act(row.original) : null;
}

function focusRow(element: Element | null): void {
  if (element instanceof HTMLElement) element.focus();
}

function isInner({ target }: MouseEvent): boolean {
  return target instanceof Element && target.closest('button, a, input, label') !== null;
}
