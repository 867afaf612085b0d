import { useEffect, useState } from 'react';
import { createStore, type StoreApi, useStore } from 'zustand';
import { HistoryFeed, type HistoryQuery, type HistorySnapshot } from './history-feed.ts';

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

export function useSnapshot(source: HistorySource): HistorySnapshot | null {
  return useStore(source, ({ snapshot }) => snapshot);
}

/**
 * The curves that a query asks for, kept live while the component is mounted; null until they are there. Where the query
 * changes, the answer to the one before stays until the new one is there: `query` of the snapshot tells.
 */
export function useHistory(query: HistoryQuery | null): HistorySnapshot | null {
  const snapshot = useSnapshot(useHistorySource(query));
  return query === null ? null : snapshot;
}
