import { useEffect } from 'react';
import { request } from '../../api/client.ts';
import { useRequest } from '../../api/query.ts';
import { startTour } from './tour-store.ts';

/** Who opens the window on a page, a file or a link has come for that. */
const isOpenedOnHome = window.location.hash === '';

/** Starts the tour by itself in a home without runs, once: the settings keep that it was shown. */
export function useFirstTour(): void {
  const { data: settings } = useRequest('settings.get', {}, { enabled: isOpenedOnHome });
  const { data: runs } = useRequest('runs.list', { archived: false }, { enabled: isOpenedOnHome });
  // What another part of the window has asked for is here also where this did not ask.
  const isFirst = isOpenedOnHome && settings?.tour_shown === false && runs?.length === 0;
  useEffect(() => {
    if (!isFirst) return;
    // It starts only where the setting was kept, so that it is never shown twice by itself.
    request('settings.set', { tour_shown: true }).then(
      () => startTour('/home'),
      () => undefined,
    );
  }, [isFirst]);
}
