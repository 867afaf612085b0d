import { create } from 'zustand';
import { queryClient } from '../../api/query.ts';
import type { Reading } from './reading.ts';

/** Outlives the page: another page can be looked at before a file is added. */
export const useReadings = create<readonly Reading[]>(() => []);

function change(next: (readings: readonly Reading[]) => readonly Reading[]): void {
  useReadings.setState(next, true);
}

/** A file that is already being imported starts over: it may have been edited meanwhile. */
export function openReading(reading: Reading): void {
  for (const request of ['datasets.inspect', 'datasets.inspectRows'])
    queryClient.removeQueries({ queryKey: [request] });
  change((readings) => [...readings.filter(({ path }) => path !== reading.path), reading]);
}

export function changeReading(path: string, changes: Partial<Reading>): void {
  change((readings) => readings.map((reading) => (reading.path === path ? { ...reading, ...changes } : reading)));
}

export function closeReading(path: string): void {
  change((readings) => readings.filter((reading) => reading.path !== path));
}
