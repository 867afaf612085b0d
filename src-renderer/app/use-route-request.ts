import { useEffect, useEffectEvent } from 'react';
import { navigate, useRoute } from './routes.tsx';

/** Does once what the address asks of the page, e.g. `#/data?add=file` from the menu, and leaves it out from then on. */
export function useRouteRequest(name: string, act: (value: string) => void): void {
  const { path, query } = useRoute();
  const value = query.get(name) ?? null;
  const latest = useEffectEvent(act);
  useEffect(() => {
    if (value === null) return;
    navigate(path, { replace: true });
    latest(value);
  }, [value]);
}
