/** Entries of a list that are told. */
const maxEntries = 500;
/** Characters of an answer, about: an assistant reads all of it. */
const maxCharacters = 100_000;

export interface BoundedAnswer {
  readonly value: unknown;
  /** Parts left out, e.g. "result.columns: 500 of 812". */
  readonly leftOut: readonly string[];
}

/** Truncates a JSON value to the amount that an assistant can read. */
export function bounded(value: unknown): BoundedAnswer {
  const leftOut: string[] = [];
  let left = maxCharacters;
  const text = (given: string, path: string): string => {
    const taken = given.slice(0, Math.max(0, left));
    left -= taken.length;
    if (taken.length < given.length) leftOut.push(`${path}: ${taken.length} of ${given.length} characters`);
    return taken;
  };
  const list = (given: readonly unknown[], path: string): unknown[] => {
    const taken: unknown[] = [];
    for (const [index, entry] of given.slice(0, maxEntries).entries()) {
      if (left <= 0) break;
      taken.push(walk(entry, `${path}[${index}]`));
    }
    if (taken.length < given.length) leftOut.push(`${path}: ${taken.length} of ${given.length}`);
    return taken;
  };
  const record = (given: object, path: string): Record<string, unknown> => {
    const entries = Object.entries(given).filter(([, entry]) => entry !== undefined);
    const taken: [string, unknown][] = [];
    for (const [key, entry] of entries) {
      if (left <= 0) break;
      left -= key.length;
      taken.push([key, walk(entry, path === '' ? key : `${path}.${key}`)]);
    }
    if (taken.length < entries.length) leftOut.push(`${path}: ${taken.length} of ${entries.length} fields`);
    return Object.fromEntries(taken);
  };
  const walk = (given: unknown, path: string): unknown => {
    left -= 4;
    if (typeof given === 'string') return text(given, path);
    if (Array.isArray(given)) return list(given, path);
    if (typeof given === 'object' && given !== null) return record(given, path);
    left -= String(given).length;
    return given;
  };
  return { value: walk(value, ''), leftOut };
}
