import { filled } from './format.ts';
import { pairsOf } from './members.ts';
import { digit, folded, lengthOf, numeral, placeOf } from './python-characters.ts';
import { areEqual, entriesOf, functionValue, isTrue, listOf, repeated, textOf, toValue, type Value } from './values.ts';

type Given = { readonly values: readonly Value[]; readonly named: ReadonlyMap<string, Value> };
type Method = (text: string, given: Given) => unknown;

const word = ({ values }: Given, at = 0): string => {
  const value = values[at]?.value;
  if (typeof value !== 'string') throw new Error('a text is expected');
  return value;
};
const width = ({ values }: Given): number => Number(values[0]?.value ?? 0);
const fill = ({ values }: Given): string => String(values[1]?.value ?? ' ');
const padding = (text: string, given: Given): number => Math.max(0, width(given) - lengthOf(text));
const isAll = (text: string, pattern: RegExp): boolean =>
  text !== '' && Array.from(text).every((one) => pattern.test(one));
const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase();

const found = (unit: number): number => {
  if (unit < 0) throw new Error('substring not found');
  return unit;
};

/** Line ends of Python, besides both together. */
const lineEnds = String.raw`\n\v\f\x1c-\x1e\x85\u2028\u2029`;
const afterLine = new RegExp(String.raw`(?<=[${lineEnds}]|\r(?!\n))`);
const endOfLine = new RegExp(String.raw`(?:\r\n|[\r${lineEnds}])$`);

/** Python's methods of texts that the library lacks, or has otherwise. */
const methods: Readonly<Record<string, Method>> = {
  capitalize: capitalized,
  casefold: (text) => Array.from(text, folded).join(''),
  swapcase: (text) =>
    Array.from(text, (one) => (one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase())).join(''),
  title: (text) => text.replaceAll(/\p{L}+/gu, capitalized),
  count: (text, given) => (word(given) === '' ? lengthOf(text) + 1 : text.split(word(given)).length - 1),
  find: (text, given) => placeOf(text, text.indexOf(word(given))),
  rfind: (text, given) => placeOf(text, text.lastIndexOf(word(given))),
  index: (text, given) => placeOf(text, found(text.indexOf(word(given)))),
  rindex: (text, given) => placeOf(text, found(text.lastIndexOf(word(given)))),
  join: (text, { values: [list] }) => (list === undefined ? '' : entriesOf(list).map(textOf).join(text)),
  removeprefix: (text, given) => (text.startsWith(word(given)) ? text.slice(word(given).length) : text),
  removesuffix: (text, given) =>
    word(given) !== '' && text.endsWith(word(given)) ? text.slice(0, -word(given).length) : text,
  isdigit: (text) => isAll(text, digit),
  isdecimal: (text) => isAll(text, /\p{Nd}/u),
  isnumeric: (text) => isAll(text, numeral),
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
  split: (text, given) => parted(text, given, false),
  rsplit: (text, given) => parted(text, given, true),
  splitlines: (text, { values, named }) => {
    const keepsEnds = values[0] ?? named.get('keepends');
    const lines = text === '' ? [] : text.split(afterLine);
    return keepsEnds !== undefined && isTrue(keepsEnds) ? lines : lines.map((line) => line.replace(endOfLine, ''));
  },
};

/** Without these characters, in any order, at its ends. */
export function stripped(
  text: string,
  characters: string,
  { atStart, atEnd }: { readonly atStart: boolean; readonly atEnd: boolean },
): string {
  const taken = new Set(characters);
  const points = Array.from(text);
  let [first, last] = [0, points.length];
  while (atStart && first < last && taken.has(points[first] ?? '')) first++;
  while (atEnd && last > first && taken.has(points[last - 1] ?? '')) last--;
  return points.slice(first, last).join('');
}

/** Python has the odd space on the left of a text with an odd length, else on the right. */
export function centered(text: string, width: number, fill: string): string {
  const space = Math.max(0, width - lengthOf(text));
  const left = Math.floor(space / 2) + (space & width & 1);
  return repeated(fill, left) + text + repeated(fill, space - left);
}

/** Python's split and rsplit: at a separator, or at white space; at most so often, from the start or the end. */
function parted(text: string, { values, named }: Given, isFromEnd: boolean): string[] {
  const separator = (values[0] ?? named.get('sep'))?.value;
  const most = Number((values[1] ?? named.get('maxsplit'))?.value ?? -1);
  if (typeof separator !== 'string') return wordsOf(text, most, isFromEnd);
  if (separator === '') throw new Error('empty separator');
  const parts = text.split(separator);
  if (most < 0 || parts.length <= most + 1) return parts;
  const cut = parts.length - most;
  return isFromEnd
    ? [parts.slice(0, cut).join(separator), ...parts.slice(cut)]
    : [...parts.slice(0, most), parts.slice(most).join(separator)];
}

/** The rest keeps the white space within it, and at its far end. */
function wordsOf(text: string, most: number, isFromEnd: boolean): string[] {
  const found = [...text.matchAll(/\S+/g)];
  const words = found.map(([one]) => one);
  if (most < 0 || words.length <= most) return words;
  const cut = words.length - most;
  return isFromEnd
    ? [text.slice(0, found[cut]?.index).trimEnd(), ...words.slice(cut)]
    : [...words.slice(0, most), text.slice(found[most]?.index)];
}

/** Gives a text, a list, a mapping or a loop the method of this name, if the library lacks it or has it otherwise. */
export function addMethod(value: Value, name: string): void {
  const method = methodOf(value, name);
  if (method !== null && value.builtins instanceof Map) value.builtins.set(name, functionValue(method));
}

function methodOf(object: Value, name: string): ((given: readonly Value[]) => Value) | null {
  const { value } = object;
  if (typeof value === 'string') {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    return method === undefined ? null : (given) => toValue(method(value, partsOf(given)));
  }
  if (Array.isArray(value)) return methodOfList(value, name);
  if (value instanceof Map && name === 'items') return () => listOf(pairsOf(object).map(listOf));
  if (!(value instanceof Map && name === 'cycle' && value.has('revindex0'))) return null;
  const at = Number(value.get('index0')?.value);
  return (given) => given[at % given.length] ?? listOf([]);
}

function methodOfList(list: readonly Value[], name: string): ((given: readonly Value[]) => Value) | null {
  const isWanted = (one: Value, wanted: Value | undefined) => wanted !== undefined && areEqual(one, wanted);
  if (name === 'count') return ([wanted]) => toValue(list.filter((one) => isWanted(one, wanted)).length);
  if (name !== 'index') return null;
  return ([wanted]) => {
    const at = list.findIndex((one) => isWanted(one, wanted));
    if (at < 0) throw new Error('it is not in the list');
    return toValue(at);
  };
}

function partsOf(given: readonly Value[]): Given {
  const last = given.at(-1);
  const named = last?.type === 'KeywordArgumentsValue' && last.value instanceof Map ? last.value : null;
  return { values: named === null ? given : given.slice(0, -1), named: named ?? new Map() };
}
