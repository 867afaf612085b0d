import { useEffect, useState } from 'react';
import { HistoryFeed, type HistoryQuery, type HistorySnapshot } from './history-feed.ts';

/**
 * The curves that a query asks for, kept live while the component is mounted; null until they are there. Where the query
 * changes, the answer to the one before stays until the new one is there: `query` of the snapshot tells.
 */
export function useHistory(query: HistoryQuery | null): HistorySnapshot | null {
  const [snapshot, setSnapshot] = useState<HistorySnapshot | null>(null);
  const key = JSON.stringify(query);
  useEffect(() => {
    if (query === null) return;
    const feed = new HistoryFeed(query, setSnapshot);
    feed.start();
    return () => feed.stop();
  }, [key]);
  return query === null ? null : snapshot;
}
