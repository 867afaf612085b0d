import { BrowserWindow, Notification } from 'electron';
import type { SystemNotice } from '../../src-shared/contract/bridge.ts';

/** Visible notifications; without a reference, one would lose its click handler. */
const shown = new Set<Notification>();

/** Every window reports the same event: within this time a notice is shown once. */
const sameMilliseconds = 2000;
let last = { text: '', at: 0 };

/**
 * Shows a notification of the system, where there is such a thing and no window is in front; a click calls `onClick`.
 */
export function showNotice(notice: SystemNotice, onClick: () => void): void {
  if (!Notification.isSupported() || BrowserWindow.getFocusedWindow() !== null) return;
  const text = JSON.stringify(notice);
  const at = Date.now();
  if (text === last.text && at - last.at < sameMilliseconds) return;
  last = { text, at };
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
