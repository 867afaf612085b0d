import { appStrings } from '../../strings/app.ts';
import { notifyWarning } from '../feedback/notify.tsx';
import { focusedRowId } from '../table/focused-row.ts';
import { useActions } from './action-registry.ts';

export const renameAction = { id: 'rename', label: appStrings.rename, scope: 'page', shortcut: 'F2' } as const;

interface Named {
  readonly id: string;
}

/**
 * F2 renames: of a list the row with the focus, and where none has it (in the palette) the one that `otherwise` names.
 * @param words label of the action, and the note where nothing is selected
 */
export function useRename<Item extends Named>(
  words: { readonly action: string; readonly selectFirst: string },
  items: readonly Item[] | undefined,
  otherwise: string | null,
  rename: (item: Item) => void,
): void {
  useActions([
    {
      ...renameAction,
      label: words.action,
      run: () => {
        const focused = focusedRowId();
        const item = items?.find(({ id }) => id === focused) ?? items?.find(({ id }) => id === otherwise);
        if (item) rename(item);
        else notifyWarning(words.action, words.selectFirst);
      },
    },
  ]);
}
