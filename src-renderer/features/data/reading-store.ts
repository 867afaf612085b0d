import { useSyncExternalStore } from 'react';
import { queryClient } from '../../api/query.ts';
import type { Reading } from './reading.ts';

/** Outlives the page: another page can be looked at before a file is added. */
let readings: readonly Reading[] = [];
const listeners = new Set<() => void>();

function change(next: readonly Reading[]): void {
  readings = next;
  for (const listener of listeners) listener();
}

/** A file that is already being decided on begins anew: it may have been mended meanwhile. */
export function openReading(reading: Reading): void {
  queryClient.removeQueries({ queryKey: ['datasets.inspect'] });
  change([...readings.filter(({ path }) => path !== reading.path), reading]);
}

export function changeReading(path: string, changes: Partial<Reading>): void {
  change(readings.map((reading) => (reading.path === path ? { ...reading, ...changes } : reading)));
}

export function closeReading(path: string): void {
  change(readings.filter((reading) => reading.path !== path));
}

export function useReadings(): readonly Reading[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => readings,
  );
}
