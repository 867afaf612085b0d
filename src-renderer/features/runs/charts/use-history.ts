import { useEffect, useMemo, useState } from 'react';
import { createStore, type StoreApi, useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { Curve } from '../../../../src-shared/domain/runs/run-history.ts';
import { HistoryFeed, type HistoryQuery, type HistorySnapshot, type RunHistory } from './history-feed.ts';

/** Curves that are kept live, to be read by each part of a page that shows some of them: only those parts are drawn again. */
export type HistorySource = StoreApi<{ readonly snapshot: HistorySnapshot | null }>;

/** The curves that a query asks for, kept live while the component is mounted. It is itself not drawn again by them. */
export function useHistorySource(query: HistoryQuery | null): HistorySource {
  const [source] = useState<HistorySource>(() => createStore(() => ({ snapshot: null })));
  const key = JSON.stringify(query);
  useEffect(() => {
    if (query === null) return;
    const feed = new HistoryFeed(query, (snapshot) => source.setState({ snapshot }));
    feed.start();
    return () => feed.stop();
  }, [key]);
  return source;
}

/** Returns the known history of a run; the source itself reports later changes. */
export function historyOf(source: HistorySource, runId: string): Partial<RunHistory> {
  return source.getState().snapshot?.runs.get(runId) ?? {};
}

/** Curves of a run by their metrics: drawn again where one of these grows, and not with each point of the others. */
export function useCurves(
  source: HistorySource,
  runId: string,
  metrics: readonly string[],
): ReadonlyMap<string, Curve> {
  const curves = useStore(
    source,
    useShallow(({ snapshot }) => {
      const known = snapshot?.runs.get(runId)?.curves;
      return metrics.map((metric) => known?.get(metric) ?? null);
    }),
  );
  return useMemo(
    () => new Map(metrics.flatMap((metric, index) => (curves[index] ? [[metric, curves[index]]] : []))),
    [metrics, curves],
  );
}

/** Returns true if the curves are loaded. */
export function useIsKnown(source: HistorySource): boolean {
  return useStore(source, ({ snapshot }) => snapshot !== null);
}

export function useSnapshot(source: HistorySource): HistorySnapshot | null {
  return useStore(source, ({ snapshot }) => snapshot);
}

/**
 * The curves that a query asks for, kept live while the component is mounted; null until they are there. After a change
 * of the query, the previous answer stays until the new one arrives; the snapshot's `query` tells them apart.
 */
export function useHistory(query: HistoryQuery | null): HistorySnapshot | null {
  const snapshot = useSnapshot(useHistorySource(query));
  return query === null ? null : snapshot;
}
