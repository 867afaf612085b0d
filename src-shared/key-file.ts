import { menuHeardIds } from './menu-commands.ts';

/** The file in the home with the keys that a person changed. */
export const keyFileName = 'keys.txt';

/** Largest key file that is read. */
export const maxKeyFileBytes = 64 * 1024;

/** First lines of a new key file. */
const header = `# Keys of CoTo Studio that differ from its own: the id of an action, a colon, its keys.
# Ctrl is Cmd on macOS. Several combinations are separated by spaces; none removes the keys.
# Example:
# new-run: Ctrl+Shift+R
`;

const namedKeys = [
  'Enter',
  'Space',
  'Backspace',
  'Delete',
  'Insert',
  'Home',
  'End',
  'PageUp',
  'PageDown',
  'Left',
  'Right',
  'Up',
  'Down',
  'Plus',
] as const;

/** Modifiers as written in the file; the first of each is what the app writes. */
const modifiers = { mod: ['ctrl', 'cmd', 'mod'], alt: ['alt', 'option'], shift: ['shift'] } as const;

/** A line of the key file that has no effect. */
export interface KeyFileProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

export interface KeyFile {
  /** The changed keys by action: "mod+shift+R", several separated by spaces, '' for none. */
  readonly keys: ReadonlyMap<string, string>;
  /** Line of each action, counted from 1. */
  readonly lines: ReadonlyMap<string, number>;
  readonly problems: readonly KeyFileProblem[];
}

/** Reads a key file. Lines that cannot be read change nothing and are listed. */
export function parseKeyFile(text: string): KeyFile {
  const keys = new Map<string, string>();
  const lines = new Map<string, number>();
  const problems: KeyFileProblem[] = [];
  for (const [index, whole] of text.split(/\r?\n/).entries()) {
    const entry = readLine(whole);
    if (entry === null) continue;
    const line = index + 1;
    const message =
      typeof entry === 'string'
        ? entry
        : lines.has(entry.id)
          ? `Line ${line}: ${entry.id} is already set in line ${lines.get(entry.id)}. Remove one of them.`
          : null;
    if (typeof entry !== 'string' && message === null) {
      keys.set(entry.id, entry.keys);
      lines.set(entry.id, line);
    } else problems.push({ line, message: typeof entry === 'string' ? `Line ${line}: ${entry}` : (message ?? '') });
  }
  return { keys, lines, problems };
}

/** The text of the key file with other keys of one action; null gives it its own keys again. Other lines stay. */
export function withKeys(text: string, id: string, keys: string | null): string {
  const kept = (text === '' ? header : text).split(/\r?\n/).filter((line) => lineId(line) !== id);
  while (kept.at(-1) === '') kept.pop();
  if (keys !== null) kept.push(`${id}: ${keys === '' ? 'none' : keys.split(' ').map(written).join(' ')}`);
  return `${kept.join('\n')}\n`;
}

/** Splits "? mod+/" into its combinations. */
export function combinations(keys: string | undefined): readonly string[] {
  return keys === undefined || keys === '' ? [] : keys.split(' ');
}

/** Returns true for a combination that types nothing: with Ctrl or Alt, or of a function key. */
export function isSafeWhileTyping(combination: string): boolean {
  return /^(?:mod|alt)\+|(?:^|\+)F\d+$/.test(combination);
}

/** The combination in its usual form, "mod+alt+shift+K"; null if it cannot be read. */
export function parseCombination(text: string): string | null {
  const parts = text.split('+');
  const key = keyNamed(parts.pop() ?? '');
  if (key === null) return null;
  const held = new Set<string>();
  for (const part of parts) {
    const found = Object.entries(modifiers).find(([, names]) => names.some((name) => name === part.toLowerCase()));
    if (!found || held.has(found[0])) return null;
    held.add(found[0]);
  }
  // A character that needs Shift is written as itself.
  if (key === 'Plus' || /^[^a-z0-9]$/i.test(key)) held.delete('shift');
  return [...Object.keys(modifiers).filter((name) => held.has(name)), key].join('+');
}

/** "mod+shift+R" → "Ctrl+Shift+R" */
function written(combination: string): string {
  return combination.replace('mod+', 'Ctrl+').replace('alt+', 'Alt+').replace('shift+', 'Shift+');
}

function keyNamed(text: string): string | null {
  if (/^[!-~]$/.test(text)) return text.toUpperCase();
  if (/^F(?:[1-9]|1\d|2[0-4])$/i.test(text)) return text.toUpperCase();
  return namedKeys.find((name) => name.toLowerCase() === text.toLowerCase()) ?? null;
}

function lineId(line: string): string | null {
  return /^\s*([a-z0-9-]+)\s*:/.exec(line)?.[1] ?? null;
}

/** The action and keys of a line, null for a comment, or a sentence about what is wrong. */
function readLine(line: string): { readonly id: string; readonly keys: string } | string | null {
  if (/^\s*(?:#|$)/.test(line)) return null;
  const id = lineId(line);
  if (id === null) return `"${shortened(line)}" is not an id, a colon and keys, such as "new-run: Ctrl+Shift+R".`;
  const words = line
    .slice(line.indexOf(':') + 1)
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return `${id} has no keys. Add a combination such as Ctrl+Shift+R, or none.`;
  if (words.length === 1 && words[0]?.toLowerCase() === 'none') return { id, keys: '' };
  const read: string[] = [];
  for (const word of words) {
    const combination = parseCombination(word);
    if (combination === null) return `"${shortened(word)}" is no combination of keys, such as Ctrl+Shift+R or F2.`;
    if (menuHeardIds.has(id) && !isSafeWhileTyping(combination))
      return `${id} is a command of the menu, and "${word}" would be typed. Use Ctrl, Alt or a function key.`;
    read.push(combination);
  }
  return { id, keys: read.join(' ') };
}

function shortened(text: string): string {
  const plain = text.trim();
  return plain.length > 40 ? `${plain.slice(0, 40)}…` : plain;
}
