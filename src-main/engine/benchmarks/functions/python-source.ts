import { createHash } from 'node:crypto';

/**
 * Hash of top-level definitions of a Python file, without comment lines, blank lines and spaces at the ends of lines; null if
 * one is missing.
 */
export function pythonHash(source: string, names: readonly string[]): string | null {
  const blocks = definitions(source);
  const wanted = names.map((name) => blocks.get(name));
  if (wanted.some((block) => block === undefined)) return null;
  return createHash('sha256').update(wanted.join('\n')).digest('hex');
}

/** Text of each top-level function, class and variable by its name; of several with one name the last, which counts. */
function definitions(source: string): ReadonlyMap<string, string> {
  const blocks = new Map<string, string>();
  let name: string | null = null;
  let lines: string[] = [];
  const end = (): void => {
    if (name !== null) blocks.set(name, lines.join('\n'));
  };
  for (const raw of source.split(/\r?\n/)) {
    const line = raw.trimEnd();
    if (line === '' || /^\s*#/.test(line)) continue;
    // A bracket on its own closes the statement above.
    if (!/^[\s)\]}]/.test(line)) {
      end();
      name =
        /^(?:async\s+)?(?:def|class)\s+(\w+)/.exec(line)?.[1] ?? /^(\w+)\s*(?::[^=]+)?=[^=]/.exec(line)?.[1] ?? null;
      lines = [];
    }
    lines.push(line);
  }
  end();
  return blocks;
}
