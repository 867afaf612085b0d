import type { Row } from '@tanstack/react-table';
import { useRef } from 'react';

export type Selected = 'none' | 'some' | 'all';

/**
 * Selection of rows by their ids. A row that holds others is never selected itself: it stands for those. With the shift
 * key the rows from the last one that was ticked on become like it.
 */
export function useRowSelection<Item>(
  rows: readonly Row<Item>[],
  selected: ReadonlySet<string> | undefined,
  onChange: ((selected: ReadonlySet<string>) => void) | undefined,
) {
  const last = useRef<{ id: string; on: boolean } | null>(null);
  const known = selected ?? new Set<string>();

  const of = (some: readonly Row<Item>[]): Selected => {
    const ids = leavesOf(some);
    const count = ids.filter((id) => known.has(id)).length;
    return count === 0 ? 'none' : count === ids.length ? 'all' : 'some';
  };
  const set = (some: readonly Row<Item>[], on: boolean) => {
    const next = new Set(known);
    for (const id of leavesOf(some)) {
      if (on) next.add(id);
      else next.delete(id);
    }
    onChange?.(next);
  };
  const toggle = (row: Row<Item>, withRange: boolean) => {
    const from = withRange ? rows.findIndex(({ id }) => id === last.current?.id) : -1;
    const at = rows.findIndex(({ id }) => id === row.id);
    if (from >= 0 && last.current) {
      set(rows.slice(Math.min(from, at), Math.max(from, at) + 1), last.current.on);
      return;
    }
    const on = of([row]) !== 'all';
    last.current = { id: row.id, on };
    set([row], on);
  };
  const toggleAll = () => set(rows, of(rows) !== 'all');
  return { of, toggle, toggleAll };
}

/** Ids of the rows that hold no others, each once. */
function leavesOf<Item>(rows: readonly Row<Item>[]): string[] {
  const leaves = rows.flatMap((row) =>
    row.subRows.length > 0 ? row.getLeafRows().filter((inner) => inner.subRows.length === 0) : [row],
  );
  return [...new Set(leaves.map(({ id }) => id))];
}
