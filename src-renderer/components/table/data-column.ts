import type { ColumnDef } from '@tanstack/react-table';
import type { ReactNode } from 'react';

export interface DataColumn<Item> {
  id: string;
  header: string;
  /** In the column's head, in grey: the unit of its numbers. */
  unit?: string;
  /** On hover over the head. */
  help?: string;
  /** Value for sorting and filtering. */
  value: (item: Item) => string | number | boolean | null;
  /** Cell content; defaults to the value. */
  cell?: (item: Item) => ReactNode;
  /** Numbers are right-aligned. */
  align?: 'left' | 'right';
  /** Pixels. Without a width, a column fits its content; in a fitted table, it takes the remaining space. */
  width?: number;
  sortable?: boolean;
  /** In a fitted table: the column goes where room is short, those with the highest number first. Left out: it stays. */
  yields?: number;
  /** Its head is for screen readers only, as of marks that a word would be wider than. */
  headHidden?: boolean;
}

/** Minimum width of the flexible column in a fitted table. */
export const minFlexibleWidth = 240;

/** The columns that fit into `room` pixels beside `taken` ones, in order. */
export function fittingColumns<Item>(
  columns: readonly DataColumn<Item>[],
  room: number,
  taken: number,
): readonly DataColumn<Item>[] {
  const shown = [...columns];
  const needed = () => shown.reduce((sum, { width = minFlexibleWidth }) => sum + width, taken);
  while (needed() > room) {
    const next = shown.reduce((last, { yields = 0 }) => Math.max(last, yields), 0);
    if (next === 0) break;
    shown.splice(
      shown.findLastIndex(({ yields }) => yields === next),
      1,
    );
  }
  return shown;
}

/** A column as the table's own library takes it. */
export function defineColumn<Item>(column: DataColumn<Item>): ColumnDef<Item> {
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
