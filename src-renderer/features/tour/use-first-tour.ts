import { useEffect } from 'react';
import { request } from '../../api/client.ts';
import { useRequest } from '../../api/query.ts';
import { startTour } from './tour-store.ts';

/** False for a window that is opened on a page, a file or a link: that is what the person came for. */
const isOpenedOnHome = window.location.hash === '';

/** Starts the tour by itself in a home without runs, once: the settings keep that it was shown. */
export function useFirstTour(): void {
  const { data: settings } = useRequest('settings.get', {}, { enabled: isOpenedOnHome });
  const { data: runs } = useRequest('runs.list', { archived: false }, { enabled: isOpenedOnHome });
  // Data that another part of the window asked for arrives here too, so the address decides again.
  const isFirst = isOpenedOnHome && settings?.tour_shown === false && runs?.length === 0;
  useEffect(() => {
    if (!isFirst) return;
    // Starting waits for the setting, so that the tour never starts by itself twice.
    request('settings.set', { tour_shown: true }).then(
      () => startTour('/home'),
      () => undefined,
    );
  }, [isFirst]);
}
