import { useEffect, useMemo } from 'react';
import { historyOf, type RunHistory, useHistories, watchRun } from './history.ts';

/** The histories of these runs, kept live while the component is mounted; the same map until one of them has grown. */
export function useRunHistories(ids: readonly string[]): ReadonlyMap<string, RunHistory> {
  const key = ids.join(' ');
  useEffect(() => {
    const stops = key === '' ? [] : key.split(' ').map((id) => watchRun(id));
    return () => {
      for (const stop of stops) stop();
    };
  }, [key]);
  const histories = useHistories();
  return useMemo(
    () => new Map((key === '' ? [] : key.split(' ')).map((id) => [id, historyOf(histories, id)])),
    [key, histories],
  );
}
