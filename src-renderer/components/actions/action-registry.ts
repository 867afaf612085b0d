import { type ReactNode, useEffect, useId, useLayoutEffect, useRef } from 'react';

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
  /** "mod+Enter" */
  readonly shortcut?: string;
  /** Receiver of the shortcut if it is not the window: the native menu, or the focused control. */
  readonly heardBy?: 'menu' | 'control';
  /** Its keys work while a text is being typed too. */
  readonly whileTyping?: boolean;
  /** Reason why the action is disabled. */
  readonly disabledReason?: string | null | undefined;
  /** Absent: only its keys do it, on whatever has the focus. */
  readonly run?: () => void;
}

/** Read when a palette opens or a key is pressed, so that registering costs no rendering. */
const owners = new Map<string, { readonly current: readonly StudioAction[] }>();

/** Every action of what is on the screen, in the order in which it came. */
export function registeredActions(): readonly StudioAction[] {
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
