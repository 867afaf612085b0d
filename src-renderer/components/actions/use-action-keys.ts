import { useEffect } from 'react';
import { combinations } from '../../../src-shared/key-file.ts';
import { registeredActions } from './action-registry.ts';
import { isPressed } from './shortcut.ts';

/**
 * Listens for the shortcuts of all registered actions. If two actions share keys, the one registered last, which is on
 * top, runs.
 */
export function useActionKeys(isMac: boolean): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const { target } = event;
      const typing = isTyping(target);
      const inDialog = target instanceof Element && target.closest('[role="dialog"]') !== null;
      const action = registeredActions().findLast(
        ({ shortcut, heardBy, run, scope, whileTyping }) =>
          heardBy !== 'control' &&
          run !== undefined &&
          !(typing && !whileTyping && heardBy === undefined) &&
          !(inDialog && scope === 'page') &&
          isPressed(heardHere(shortcut, heardBy), event, isMac),
      );
      if (!action) return;
      event.preventDefault();
      if (!action.disabledReason) action.run?.();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [isMac]);
}

/** The combinations that the page listens for: the native menu has one at most. */
function heardHere(shortcut: string | undefined, heardBy: 'menu' | 'control' | undefined): string {
  return combinations(shortcut)
    .slice(heardBy === 'menu' ? 1 : 0)
    .join(' ');
}

const notTyped = new Set(['checkbox', 'radio', 'button', 'submit', 'reset', 'range', 'color', 'file']);

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !notTyped.has(target.type);
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLElement && target.isContentEditable;
}
