/**
 * A list of texts and numbers as Python writes it, e.g. "['yes', 'no']"; null: the text is none. Backslashes are read as in
 * JSON.
 */
export function parsePythonList(text: string): (string | number)[] | null {
  const inner = /^\s*\[(.*)\]\s*$/s.exec(text)?.[1];
  if (inner === undefined) return null;
  const item = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?))\s*(,|$)/sy;
  const items: (string | number)[] = [];
  while (item.lastIndex < inner.length) {
    const at = item.lastIndex;
    const [, single, double, number] = item.exec(inner) ?? [];
    const quoted = single ?? double;
    if (quoted !== undefined) items.push(unescaped(quoted));
    else if (number !== undefined) items.push(Number(number));
    else return inner.slice(at).trim() === '' ? items : null;
  }
  return items;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(x[\da-f]{2}|u[\da-f]{4}|.)/gis, (_, code: string) => {
    if (code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r' }[code] ?? code;
  });
}
