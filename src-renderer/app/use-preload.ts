import { useEffect } from 'react';
import { useBackendStatus } from '../api/client.ts';
import { pages } from './pages.tsx';

const loadFigures = () => import('../plots/warm-up.ts').then(({ warmUpFigures }) => warmUpFigures());

/** The window is used before anything else is loaded. */
const restMilliseconds = 2000;

/**
 * Loads the modules of the other pages and the drawing of figures while nothing else is to do, one after the other, so that
 * a page opens without compiling its code first.
 */
export function usePreload(): void {
  const { status } = useBackendStatus();
  useEffect(() => {
    if (status !== 'ready') return;
    let isWanted = true;
    const timer = setTimeout(async () => {
      for (const load of [...pages.map((page) => page.load), loadFigures]) {
        await new Promise((resolve) => requestIdleCallback(resolve));
        if (!isWanted) return;
        // A module that fails to load reports its error when it is shown.
        await load().catch(() => undefined);
      }
    }, restMilliseconds);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [status]);
}
