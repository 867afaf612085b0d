import { filled } from './format.ts';
import { areEqual, entriesOf, functionValue, listOf, repeated, textOf, toValue, type Value } from './values.ts';

type Given = { readonly values: readonly Value[]; readonly named: ReadonlyMap<string, Value> };
type Method = (text: string, given: Given) => unknown;

const word = ({ values }: Given, at = 0): string => {
  const value = values[at]?.value;
  if (typeof value !== 'string') throw new Error('a text is expected');
  return value;
};
const width = ({ values }: Given): number => Number(values[0]?.value ?? 0);
const fill = ({ values }: Given): string => String(values[1]?.value ?? ' ');
const padding = (text: string, given: Given): number => Math.max(0, width(given) - text.length);
const isAll = (text: string, pattern: RegExp): boolean =>
  text !== '' && Array.from(text).every((one) => pattern.test(one));
const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase();

/** Python's methods of texts that the library lacks. */
const methods: Readonly<Record<string, Method>> = {
  capitalize: capitalized,
  casefold: (text) => text.toLowerCase(),
  swapcase: (text) =>
    Array.from(text, (one) => (one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase())).join(''),
  title: (text) => text.replaceAll(/\p{L}+/gu, capitalized),
  count: (text, given) => (word(given) === '' ? text.length + 1 : text.split(word(given)).length - 1),
  find: (text, given) => text.indexOf(word(given)),
  rfind: (text, given) => text.lastIndexOf(word(given)),
  index: (text, given) => {
    const at = text.indexOf(word(given));
    if (at < 0) throw new Error('substring not found');
    return at;
  },
  join: (text, { values: [list] }) => (list === undefined ? '' : entriesOf(list).map(textOf).join(text)),
  removeprefix: (text, given) => (text.startsWith(word(given)) ? text.slice(word(given).length) : text),
  removesuffix: (text, given) =>
    word(given) !== '' && text.endsWith(word(given)) ? text.slice(0, -word(given).length) : text,
  isdigit: (text) => isAll(text, /\p{Nd}/u),
  isdecimal: (text) => isAll(text, /\p{Nd}/u),
  isnumeric: (text) => isAll(text, /\p{N}/u),
  isalpha: (text) => isAll(text, /\p{L}/u),
  isalnum: (text) => isAll(text, /[\p{L}\p{N}]/u),
  isspace: (text) => isAll(text, /\s/u),
  islower: (text) => text === text.toLowerCase() && text !== text.toUpperCase(),
  isupper: (text) => text === text.toUpperCase() && text !== text.toLowerCase(),
  ljust: (text, given) => text + repeated(fill(given), padding(text, given)),
  rjust: (text, given) => repeated(fill(given), padding(text, given)) + text,
  center: (text, given) => centered(text, width(given), fill(given)),
  zfill: (text, given) => {
    const sign = /^[+-]/.exec(text)?.[0] ?? '';
    return sign + repeated('0', padding(text, given)) + text.slice(sign.length);
  },
  format: (text, { values, named }) => filled(text, values, named),
  partition: (text, given) => {
    const at = text.indexOf(word(given));
    return at < 0 ? [text, '', ''] : [text.slice(0, at), word(given), text.slice(at + word(given).length)];
  },
  rpartition: (text, given) => {
    const at = text.lastIndexOf(word(given));
    return at < 0 ? ['', '', text] : [text.slice(0, at), word(given), text.slice(at + word(given).length)];
  },
  rsplit: (text, given) => splitFromEnd(text, given),
  splitlines: (text) =>
    text
      .replace(/\r\n|[\n\r]$/, '')
      .split(/\r\n|[\n\r]/)
      .slice(0, text === '' ? 0 : undefined),
};

/** Python has the odd space on the left of a text with an odd length, else on the right. */
export function centered(text: string, width: number, fill: string): string {
  const space = Math.max(0, width - text.length);
  const left = Math.floor(space / 2) + (space & width & 1);
  return repeated(fill, left) + text + repeated(fill, space - left);
}

function splitFromEnd(text: string, given: Given): string[] {
  const [separator, most] = given.values;
  const parts = typeof separator?.value !== 'string' ? text.trim().split(/\s+/) : text.split(word(given));
  const kept = Number(most?.value ?? -1);
  if (kept < 0 || parts.length <= kept + 1) return parts;
  const between = typeof separator?.value === 'string' ? separator.value : ' ';
  return [parts.slice(0, parts.length - kept).join(between), ...parts.slice(parts.length - kept)];
}

/** Gives a text, a list or a loop the method of this name, if the library lacks it. */
export function addMethod(value: Value, name: string): void {
  const { builtins } = value;
  if (!(builtins instanceof Map)) return;
  const { value: inner } = value;
  if (typeof inner === 'string') {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (method !== undefined)
      builtins.set(
        name,
        functionValue((given) => toValue(method(inner, partsOf(given)))),
      );
  } else if (Array.isArray(inner)) {
    if (name === 'count')
      builtins.set(
        name,
        functionValue(([wanted]) =>
          toValue(inner.filter((one) => wanted !== undefined && areEqual(one, wanted)).length),
        ),
      );
    if (name === 'index')
      builtins.set(
        name,
        functionValue(([wanted]) => {
          const at = inner.findIndex((one) => wanted !== undefined && areEqual(one, wanted));
          if (at < 0) throw new Error('it is not in the list');
          return toValue(at);
        }),
      );
  } else if (inner instanceof Map && name === 'cycle' && inner.has('revindex0')) {
    const at = Number(inner.get('index0')?.value);
    builtins.set(
      name,
      functionValue((given) => given[at % given.length] ?? listOf([])),
    );
  }
}

function partsOf(given: readonly Value[]): Given {
  const last = given.at(-1);
  const named = last?.type === 'KeywordArgumentsValue' && last.value instanceof Map ? last.value : null;
  return { values: named === null ? given : given.slice(0, -1), named: named ?? new Map() };
}
