import { useMemo, useRef } from 'react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';

/**
 * These runs, the same list until something changes by which figures are drawn. How far a run is changes ten times a second
 * while it goes on, and its figures need not be redrawn for that.
 */
export function useDrawnRuns(runs: readonly RunRecord[]): readonly RunRecord[] {
  const key = JSON.stringify(
    runs.map(({ id, name, status, config, facts, step, result }) => [id, name, status, config, facts ?? step, result]),
  );
  return useMemo(() => runs, [key]);
}

/** The same of one run. */
export function useDrawnRun(run: RunRecord): RunRecord {
  const [drawn = run] = useDrawnRuns([run]);
  return drawn;
}

/** The same list until one of its items is another object. */
export function useSameItems<Item>(items: readonly Item[]): readonly Item[] {
  const known = useRef(items);
  if (known.current.length !== items.length || items.some((item, index) => item !== known.current[index]))
    known.current = items;
  return known.current;
}
