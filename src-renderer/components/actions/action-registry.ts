import { type ReactNode, useEffect, useId, useLayoutEffect, useRef } from 'react';
import { appStrings } from '../../strings/app.ts';
import { changedKeys } from './changed-keys.ts';

/** Something that the person can do now. The palette finds it, and the list of shortcuts has it where it has one. */
export interface StudioAction {
  /** Unique in the window; of two with one id the later counts. */
  readonly id: string;
  readonly label: string;
  /** `page`: of what is shown now; its keys do nothing inside a dialog above it. `window`: always there. */
  readonly scope: 'window' | 'page';
  /** Name of the object that the action applies to, e.g. a run. */
  readonly about?: string | undefined;
  readonly icon?: ReactNode;
  /** Further words that find it. */
  readonly keywords?: readonly string[];
  /** "mod+Enter"; several combinations are separated by spaces. */
  readonly shortcut?: string | undefined;
  /** Id in the key file, if the id itself is of this rendering alone. */
  readonly keysId?: string;
  /** Receiver of the shortcut if it is not the window: the native menu, or the focused control. */
  readonly heardBy?: 'menu' | 'control';
  /** Its keys work while a text is being typed too. */
  readonly whileTyping?: boolean;
  /** Reason why the action is disabled. */
  readonly disabledReason?: string | null | undefined;
  /** Absent: only its keys do it, on whatever has the focus. */
  readonly run?: () => void;
}

/** Undoes what can be undone now; its label then names it. */
export const undoAction = { id: 'undo', label: appStrings.undoVerb, scope: 'window', shortcut: 'mod+Z' } as const;

/** Read when a palette opens or a key is pressed, so that registering costs no rendering. */
const owners = new Map<string, { readonly current: readonly StudioAction[] }>();

/** Every action of what is on the screen, in the order in which it came, with the keys that the person gave it. */
export function registeredActions(): readonly StudioAction[] {
  const changed = changedKeys();
  return builtInActions().map((action) => {
    const shortcut = action.heardBy === 'control' ? undefined : changed.get(keysIdOf(action));
    return shortcut === undefined ? action : { ...action, shortcut: shortcut === '' ? undefined : shortcut };
  });
}

/** The name by which the key file knows an action. */
export function keysIdOf({ id, keysId }: Pick<StudioAction, 'id' | 'keysId'>): string {
  return keysId ?? id;
}

/** The registered actions with the keys that they have from the start. */
export function builtInActions(): readonly StudioAction[] {
  const byId = new Map<string, StudioAction>();
  for (const { current } of owners.values()) for (const action of current) byId.set(action.id, action);
  return [...byId.values()];
}

/** Registers actions while the component is shown. */
export function useActions(actions: readonly StudioAction[]): void {
  const owner = useId();
  const latest = useRef(actions);
  useLayoutEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    owners.set(owner, latest);
    return () => {
      owners.delete(owner);
    };
  }, [owner]);
}
