import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { create } from 'zustand';
import type { DeletableList } from '../../../src-shared/contract/request-shapes.ts';
import { request } from '../../api/client.ts';
import { appStrings } from '../../strings/app.ts';
import classes from './notes.module.css';
import { notifyFailure } from './notify.tsx';

/** Duration of a notification's offer to undo. */
const offeredMilliseconds = 8000;

/** Duration for which the backend keeps deleted records: the last moment of the offer still counts. */
export const undoMilliseconds = 12_000;

/** Most recent undo that a notification offers. */
interface Offer {
  readonly id: string;
  /** Description of the completed action: "3 runs deleted". */
  readonly title: string;
  readonly undo: () => void;
}

export const useUndoOffer = create<{ readonly offer: Offer | null }>(() => ({ offer: null }));

/** Tells what was done and offers to undo it, by a button and by Ctrl+Z. */
export function notifyUndo(title: string, undo: () => Promise<unknown>, message = ''): void {
  const id = crypto.randomUUID();
  const end = () => useUndoOffer.setState(({ offer }) => (offer?.id === id ? { offer: null } : { offer }));
  const run = () => {
    end();
    notifications.hide(id);
    undo().catch((error: unknown) => notifyFailure(error, appStrings.notUndone(title)));
  };
  useUndoOffer.setState({ offer: { id, title, undo: run } });
  notifications.show({
    id,
    color: 'indigo',
    title,
    message: (
      <div className={classes['undo']}>
        <span className={classes['undoText']}>{message}</span>
        <Button size="compact-sm" variant="default" aria-label={appStrings.undo(title)} onClick={run}>
          {appStrings.undoVerb}
        </Button>
      </div>
    ),
    autoClose: offeredMilliseconds,
    withBorder: true,
    onClose: end,
  });
}

/** Tells that records are deleted that were asked for with `undoMilliseconds`, and offers to bring them back. */
export function notifyDeleted(list: DeletableList, ids: readonly string[], title: string, message = ''): void {
  notifyUndo(title, () => request('deletions.undo', { list, ids: [...ids] }), message);
}
