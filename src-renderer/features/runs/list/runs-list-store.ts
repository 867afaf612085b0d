import { z } from 'zod';
import { create } from 'zustand';
import type { Sort } from '../../../components/table/data-table.tsx';

const groupingSchema = z.enum(['none', 'method']).catch('none');
export type Grouping = z.infer<typeof groupingSchema>;
export const groupings = ['none', 'method'] as const satisfies readonly Grouping[];

interface RunsList {
  readonly filter: string;
  readonly archived: boolean;
  readonly grouping: Grouping;
  readonly sort: Sort | undefined;
  /** Ids of the runs that are ticked. */
  readonly selected: ReadonlySet<string>;
  /** The run shown beside the table. */
  readonly activeId: string | null;
  /** True if the user closed the comparison next to the table; reset when no run is selected. */
  readonly comparisonClosed: boolean;
  /** Keys of the groups whose runs are shown. */
  readonly expanded: ReadonlySet<string>;
}

const storage = 'localStorage' in globalThis ? globalThis.localStorage : null;
const key = 'coto-runs-grouping';

/**
 * State of the table of runs. The state outlives the page, so that returning from a run or a comparison loses nothing.
 */
export const useRunsList = create<RunsList>(() => ({
  filter: '',
  archived: false,
  grouping: groupingSchema.parse(storage?.getItem(key)),
  sort: { column: 'created', descending: true },
  selected: new Set<string>(),
  activeId: null,
  comparisonClosed: false,
  expanded: new Set<string>(),
}));

export function changeRunsList(change: Partial<RunsList>): void {
  if (change.grouping !== undefined) storage?.setItem(key, change.grouping);
  useRunsList.setState(change);
}

/** Ticks runs: their comparison takes the place of the one run beside the table. */
export function selectRuns(selected: ReadonlySet<string>): void {
  changeRunsList({ selected, activeId: null, ...(selected.size === 0 ? { comparisonClosed: false } : {}) });
}
