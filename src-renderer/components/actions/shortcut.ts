import { combinations, parseCombination } from '../../../src-shared/key-file.ts';

/** Fields of a DOM key event that identify the pressed keys. */
interface PressedKeys {
  readonly key: string;
  readonly code?: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** Names of keys in a combination, where the DOM has others. */
const keyNames: Readonly<Record<string, string>> = {
  ' ': 'Space',
  '+': 'Plus',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
};

/**
 * The combination of the pressed keys, "mod+shift+K"; null for modifiers alone, and for keys that no action can have. `mod`
 * is ⌘ on macOS, else Ctrl. A character that needs Shift on this keyboard is written as itself.
 */
export function pressedCombination(pressed: PressedKeys, isMac: boolean): string | null {
  if (isMac ? pressed.ctrlKey : pressed.metaKey) return null;
  // With ⌥ a letter of macOS becomes a sign.
  const letter = pressed.altKey ? /^(?:Key|Digit)(.)$/.exec(pressed.code ?? '')?.[1] : undefined;
  const key = letter ?? keyNames[pressed.key] ?? pressed.key;
  const held = [
    ...((isMac ? pressed.metaKey : pressed.ctrlKey) ? ['mod'] : []),
    ...(pressed.altKey ? ['alt'] : []),
    ...(pressed.shiftKey ? ['shift'] : []),
  ];
  return parseCombination([...held, key].join('+'));
}

/** Returns true if the pressed keys match one of a shortcut's combinations, such as "mod+K" or "? mod+/". */
export function isPressed(shortcut: string, pressed: PressedKeys, isMac: boolean): boolean {
  const combination = pressedCombination(pressed, isMac);
  return combination !== null && combinations(shortcut).includes(combination);
}

/** The keys of a shortcut's first combination as they are printed on the keyboard. */
export function keysOf(shortcut: string, isMac: boolean): readonly string[] {
  const names: Readonly<Record<string, string>> = isMac
    ? { mod: '⌘', alt: '⌥', shift: '⇧' }
    : { mod: 'Ctrl', alt: 'Alt', shift: 'Shift' };
  const signs: Readonly<Record<string, string>> = { Left: '←', Right: '→', Up: '↑', Down: '↓', Plus: '+' };
  const [first = ''] = combinations(shortcut);
  return first === '' ? [] : first.split('+').map((part) => names[part] ?? signs[part] ?? part);
}
