import { type AdapterRecord, mayShareBase } from '../../../src-shared/domain/adapters/adapter.ts';
import { mergeStrings } from '../../strings/merge.ts';
import type { AdapterNames } from './adapter-card.tsx';
import { filterAdapters } from './bench.ts';

export interface ShelfFilter {
  readonly id: string;
  readonly label: string;
  readonly fits: (adapter: AdapterRecord) => boolean;
}

/** Chips of one set exclude each other; of several sets, an adapter must fit all. */
const sets: readonly (readonly ShelfFilter[])[] = [
  [
    { id: 'coto', label: mergeStrings.withCoto, fits: ({ coto }) => coto !== null },
    { id: 'plain', label: mergeStrings.withoutCoto, fits: ({ coto }) => coto === null },
  ],
  (['run', 'import', 'merge', 'prune'] as const).map((kind) => ({
    id: kind,
    label: mergeStrings.origins[kind],
    fits: ({ origin }) => origin.kind === kind,
  })),
];

/** Filters adapters that may share the base of those on the bench. */
function fitsBench(bench: readonly AdapterRecord[]): ShelfFilter {
  return {
    id: 'fits',
    label: mergeStrings.fitsBench,
    fits: (adapter) => bench.every((other) => mayShareBase(other, adapter)),
  };
}

/** The chips that tell some of these adapters from others, in order. */
export function usefulFilters(adapters: readonly AdapterRecord[], bench: readonly AdapterRecord[]): ShelfFilter[] {
  return [fitsBench(bench), ...sets.flat()].filter(({ fits }) => {
    const count = adapters.filter(fits).length;
    return count > 0 && count < adapters.length;
  });
}

/** With a chip switched; those that exclude it go off. */
export function toggleFilter(chosen: readonly string[], id: string): string[] {
  if (chosen.includes(id)) return chosen.filter((other) => other !== id);
  const rivals = sets.find((set) => set.some((filter) => filter.id === id))?.map((filter) => filter.id) ?? [];
  return [...chosen.filter((other) => !rivals.includes(other)), id];
}

export interface ShelfGroup {
  readonly base: string;
  readonly color: string;
  readonly adapters: readonly AdapterRecord[];
}

interface ShelfChoice {
  readonly search: string;
  /** Ids of the chips that are on. */
  readonly filters: readonly string[];
  /** Adapters on the bench. */
  readonly bench: readonly AdapterRecord[];
}

/** Groups the filtered adapters by base. Bases and the adapters within them are sorted newest first. */
export function shelfGroups(
  adapters: readonly AdapterRecord[],
  { search, filters, bench }: ShelfChoice,
  namesOf: (adapter: AdapterRecord) => AdapterNames,
): ShelfGroup[] {
  const chosen = [fitsBench(bench), ...sets.flat()].filter(({ id }) => filters.includes(id));
  const shown = filterAdapters(adapters, search).filter((adapter) => chosen.every(({ fits }) => fits(adapter)));
  const groups = new Map<string, { base: string; color: string; adapters: AdapterRecord[] }>();
  for (const adapter of [...shown].sort((one, other) => other.createdAt - one.createdAt)) {
    const { model, baseColor } = namesOf(adapter);
    const group = groups.get(model) ?? { base: model, color: baseColor, adapters: [] };
    group.adapters.push(adapter);
    groups.set(model, group);
  }
  return [...groups.values()];
}
