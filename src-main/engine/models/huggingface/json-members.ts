/**
 * Text of a JSON object with some members replaced, added, or (undefined) left out and all other characters unchanged: a number written as 1.0
 * stays 1.0, as readers that distinguish floats from integers by notation expect.
 *
 * @param text a JSON object; anything else is a programming error.
 */
export function withMembers(text: string, changes: Readonly<Record<string, unknown>>): string {
  const left = new Map(Object.entries(changes));
  const members = membersOf(text).flatMap(({ key, value }) => {
    const isChanged = left.has(key);
    const changed = left.get(key);
    left.delete(key);
    if (isChanged && changed === undefined) return [];
    return [`${JSON.stringify(key)}: ${indented(isChanged ? JSON.stringify(changed, null, 2) : value)}`];
  });
  for (const [key, value] of left)
    if (value !== undefined) members.push(`${JSON.stringify(key)}: ${indented(JSON.stringify(value, null, 2))}`);
  return `{\n  ${members.join(',\n  ')}\n}\n`;
}

/** Lines after the first of a `JSON.stringify` text, indented by one level. */
function indented(value: string): string {
  return value.startsWith('{\n  "') || value.startsWith('[\n  ') ? value.replaceAll('\n', '\n  ') : value;
}

/** Keys of the top-level object with the text of their values. */
function membersOf(text: string): { key: string; value: string }[] {
  const members: { key: string; value: string }[] = [];
  let depth = 0;
  let start = 0;
  let key: string | null = null;
  const close = (end: number) => {
    const value = text.slice(start, end).trim();
    if (key !== null) members.push({ key, value });
    key = null;
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      if (depth === 1 && key === null) {
        const name: unknown = JSON.parse(text.slice(at, end));
        key = String(name);
      }
      at = end - 1;
    } else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) close(at);
    } else if (depth === 1 && character === ':' && key !== null) start = at + 1;
    else if (depth === 1 && character === ',') close(at);
  }
  return members;
}

/** Index after the closing quote of the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}
