import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { asError, StudioError } from '../../../src-shared/contract/errors.ts';
import { appStrings } from '../../strings/app.ts';
import classes from './notes.module.css';

/** Open failures by title and message: a repeated failure counts up instead of filling the window. */
const openFailures = new Map<string, { readonly id: string; readonly count: number }>();

/** A failure that nothing on the screen caused, or whose cause is already gone: red, stays until it is closed. */
export function notifyFailure(thrown: unknown, title: string = appStrings.somethingFailed): void {
  const error = asError(thrown);
  const hint = error instanceof StudioError ? error.hint : null;
  const message = hint ? `${error.message} ${hint}` : error.message;
  const key = `${title}\n${message}`;
  const before = openFailures.get(key);
  const id = before?.id ?? crypto.randomUUID();
  const count = (before?.count ?? 0) + 1;
  openFailures.set(key, { id, count });
  const shown = { color: 'red', message, autoClose: false, withBorder: true, onClose: () => openFailures.delete(key) };
  if (before === undefined) notifications.show({ ...shown, id, title });
  else notifications.update({ ...shown, id, title: appStrings.repeated(title, count) });
}

/** `path`: what was written, with a button that shows it in the file manager. */
export function notifySuccess(title: string, message = '', path?: string): void {
  notifications.show({
    color: 'indigo',
    title,
    message: path === undefined ? message : <Written message={message} path={path} />,
    autoClose: path === undefined ? 5000 : 10_000,
    withBorder: true,
  });
}

function Written({ message, path }: { message: string; path: string }) {
  const show = () => {
    window.coto.showInFolder(path).catch((error: unknown) => notifyFailure(error));
  };
  return (
    <div className={classes['undo']}>
      <span className={classes['undoText']}>{message}</span>
      <Button size="compact-sm" variant="default" onClick={show}>
        {appStrings.showInFolder}
      </Button>
    </div>
  );
}

/** Jobs whose end is on the screen, by title. */
const ended: { id: string | null; titles: string[] } = { id: null, titles: [] };

/** The end of a job: several of them in a short time are one notification. */
export function notifyEnded(title: string, message: string): void {
  const id = crypto.randomUUID();
  const before = ended.id;
  ended.id = id;
  ended.titles.push(title);
  if (before !== null) notifications.hide(before);
  const { titles } = ended;
  notifications.show({
    id,
    color: 'indigo',
    title: titles.length === 1 ? title : appStrings.jobsEnded(titles.length),
    message: titles.length === 1 ? message : titles.slice(-3).reverse().join(' · '),
    autoClose: 5000,
    withBorder: true,
    onClose: () => {
      if (ended.id === id) Object.assign(ended, { id: null, titles: [] });
    },
  });
}

export function notifyWarning(title: string, message = ''): void {
  notifications.show({ color: 'yellow', title, message, autoClose: 10_000, withBorder: true });
}
