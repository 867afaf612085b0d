import { IconGripVertical } from '@tabler/icons-react';
import { useRef } from 'react';
import type { DraggedItem } from '../../src-shared/contract/bridge.ts';
import classes from './drag-handle.module.css';
import { notifyFailure } from './feedback/notify.tsx';

interface DragHandleProps {
  /** Shown at the pointer: what is dragged, in which format. */
  readonly label: string;
  /** Returns the file to drag out, null while there is none. Shift or Alt may choose another format. */
  readonly item: (held: { readonly shiftKey: boolean; readonly altKey: boolean }) => Promise<DraggedItem | null>;
}

/** A handle by which a file is dragged to the file manager or another program. Menus save the same by keyboard. */
export function DragHandle({ label, item }: DragHandleProps) {
  const prepared = useRef<Promise<DraggedItem | null> | null>(null);
  return (
    <span
      className={classes['handle']}
      title={label}
      aria-hidden
      draggable
      // The system asks for the file as soon as the pointer moves.
      onPointerDown={(event) => {
        prepared.current = item(event);
        // A failure is reported by the drag.
        prepared.current.catch(() => undefined);
      }}
      onDragStart={(event) => {
        event.preventDefault();
        (prepared.current ?? item(event))
          .then((ready) => (ready === null ? undefined : window.coto.dragOut(ready)))
          .catch((error: unknown) => notifyFailure(error));
      }}
    >
      <IconGripVertical size={16} />
    </span>
  );
}
