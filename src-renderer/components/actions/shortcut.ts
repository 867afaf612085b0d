/** Fields of a DOM key event that identify the pressed keys. */
interface PressedKeys {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/**
 * Returns true if the pressed keys match a shortcut such as "mod+K", "mod+Enter" or "?". A character that needs Shift
 * on this keyboard is written as itself.
 */
export function isPressed(shortcut: string, pressed: PressedKeys, isMac: boolean): boolean {
  const parts = shortcut.split('+');
  const key = parts.at(-1) ?? '';
  const wantsMod = parts.includes('mod');
  const hasMod = isMac ? pressed.metaKey : pressed.ctrlKey;
  const hasOther = isMac ? pressed.ctrlKey : pressed.metaKey;
  if (wantsMod !== hasMod || hasOther || pressed.altKey) return false;
  const isLetter = /^[a-z0-9]$/i.test(key);
  if ((isLetter || key.length > 1) && pressed.shiftKey !== parts.includes('shift')) return false;
  return pressed.key.toLowerCase() === key.toLowerCase();
}

/** The keys of a shortcut as they are printed on the keyboard. */
export function keysOf(shortcut: string, isMac: boolean): readonly string[] {
  const names: Readonly<Record<string, string>> = { mod: isMac ? '⌘' : 'Ctrl', shift: isMac ? '⇧' : 'Shift' };
  return shortcut.split('+').map((part) => names[part] ?? part);
}
