import { Notification } from 'electron';
import type { SystemNotice } from '../../src-shared/contract/bridge.ts';

/** Visible notifications; without a reference, one would lose its click handler. */
const shown = new Set<Notification>();

/** Shows a notification of the system, where there is such a thing; a click calls `onClick`. */
export function showNotice(notice: SystemNotice, onClick: () => void): void {
  if (!Notification.isSupported()) return;
  const notification = new Notification(notice);
  shown.add(notification);
  const forget = () => {
    shown.delete(notification);
  };
  notification.once('close', forget);
  notification.once('failed', forget);
  notification.once('click', () => {
    forget();
    onClick();
  });
  notification.show();
}
