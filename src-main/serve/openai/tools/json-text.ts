/** Text from here on may still become what is read: more of it is needed. */
export type Unfinished = 'unfinished';

/** Returns the position of the first character from `at` on that is no white space. */
export function skipSpace(text: string, at: number): number {
  const found = text.slice(at).search(/\S/);
  return found < 0 ? text.length : at + found;
}

/**
 * Finds the end of the JSON object or array that begins at `at`. Null: there is none.
 * Only brackets and strings are followed: `JSON.parse` decides on the rest.
 */
export function jsonEnd(text: string, at: number): number | Unfinished | null {
  if (text[at] !== '{' && text[at] !== '[') return text.length <= at ? 'unfinished' : null;
  const open: string[] = [];
  const tokens = /"(?:[^"\\]|\\[\s\S])*("?)|[[\]{}]/g;
  tokens.lastIndex = at;
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [token] = found;
    if (token === '{' || token === '[') open.push(token);
    else if (token === '}' || token === ']') {
      if (open.pop() !== (token === '}' ? '{' : '[')) return null;
      if (open.length === 0) return tokens.lastIndex;
    } else if (found[1] === '') return 'unfinished';
  }
  return 'unfinished';
}

/** Returns the values of a JSON object as they are written, by key; null for any other text. */
export function jsonMembers(text: string): ReadonlyMap<string, string> | null {
  const parts = isJson(text) && text.trim().startsWith('{') ? partsOf(text.trim()) : null;
  if (parts === null) return null;
  return new Map(
    parts.map((part) => {
      const [key = ''] = /^"(?:[^"\\]|\\[\s\S])*"/.exec(part) ?? [];
      return [String(JSON.parse(key)), part.slice(key.length).replace(/^\s*:/, '').trim()];
    }),
  );
}

/** Returns the elements of a JSON array as they are written; null for any other text. */
export function jsonElements(text: string): readonly string[] | null {
  return isJson(text) && text.trim().startsWith('[') ? partsOf(text.trim()) : null;
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Splits the inside of a valid object or array at its own commas. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 1;
  for (const found of text.matchAll(/"(?:[^"\\]|\\[\s\S])*"|[[\]{},]/g)) {
    const [token] = found;
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
    if (!(token === ',' && depth === 1) && depth > 0) continue;
    const part = text.slice(start, found.index).trim();
    if (part !== '') parts.push(part);
    start = found.index + 1;
  }
  return parts;
}
