import { numberOf, representation, textOf, type Value } from './values.ts';

/** Python's % of a text: %s, %r, %d, %f, %.2f and %%, without widths. @throws Error for other marks */
export function formatted(text: string, values: readonly Value[]): string {
  let next = 0;
  return text.replaceAll(
    /%(?:%|(?:\.(\d{1,2}))?([a-zA-Z])|.?)/g,
    (mark, digits: string | undefined, kind: string | undefined) => {
      if (mark === '%%') return '%';
      const value = values[next++];
      if (value === undefined) throw new Error(`${mark} has no value`);
      const number = numberOf(value);
      if (kind === 's') return textOf(value);
      if (kind === 'r') return representation(value);
      if (kind === 'd' && number !== null) return String(Math.trunc(number));
      if (kind === 'f' && number !== null) return number.toFixed(digits === undefined ? 6 : Number(digits));
      throw new Error(`${mark} is no mark that is filled in`);
    },
  );
}

/** Python's format of a text: {}, {0} and {name}. @throws Error for other fields */
export function filled(text: string, values: readonly Value[], named: ReadonlyMap<string, Value>): string {
  let next = 0;
  return text.replaceAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (mark, name: string | undefined) => {
    if (mark.length === 1) throw new Error(`a ${mark} stands alone`);
    if (name === undefined) return mark.charAt(0);
    if (!/^\w*$/.test(name)) throw new Error(`${mark} is no field that is filled in`);
    const value = name === '' ? values[next++] : (named.get(name) ?? values[Number(name)]);
    if (value === undefined) throw new Error(`{${name}} has no value`);
    return textOf(value);
  });
}
