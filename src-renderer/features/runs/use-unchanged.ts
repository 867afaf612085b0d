import { useMemo, useRef } from 'react';
import { shallow as shallowEqual } from 'zustand/shallow';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';

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

/** The same record until something of it changes but its step, which parts that say nothing of it are not drawn again for. */
export function useRestOfRun(run: RunRecord): RunRecord {
  const known = useRef(run);
  const { step: _, ...rest } = run;
  const { step: __, ...before } = known.current;
  if (!shallowEqual(rest, before)) known.current = run;
  return known.current;
}

/** The same list until one of its items is another object. */
export function useSameItems<Item>(items: readonly Item[]): readonly Item[] {
  const known = useRef(items);
  if (known.current.length !== items.length || items.some((item, index) => item !== known.current[index]))
    known.current = items;
  return known.current;
}
