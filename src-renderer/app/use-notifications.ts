import { useEffect } from 'react';
import { endedSearch } from '../../src-shared/contract/bridge.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { useEvent } from '../api/query.ts';
import { notifyEnded, notifyFailure, notifySuccess, notifyWarning } from '../components/feedback/notify.tsx';
import { appStrings } from '../strings/app.ts';

/** Shows what the backend reports; while another program is in front, as a notification of the system as well. */
export function useNotifications(): void {
  useEffect(tellOfEnd, []);
  useEvent('notification', ({ level, title, message, error, path }) => {
    if (level === 'success' && path !== undefined) notifySuccess(title, message, path);
    else if (level === 'success') notifyEnded(title, message);
    else if (level === 'warning') notifyWarning(title, message);
    else notifyFailure(error ? StudioError.fromValue(error) : new Error(message), title);
    if (!document.hasFocus()) window.coto.notify({ title, body: message });
  });
}

/** Tells once that this page replaces one whose process ended. */
function tellOfEnd(): void {
  const { search, pathname, hash } = window.location;
  if (search !== endedSearch) return;
  window.history.replaceState(null, '', `${pathname}${hash}`);
  notifyFailure(new Error(appStrings.windowEnded.message), appStrings.windowEnded.title);
}
