import { Environment, type Interpreter } from '@huggingface/jinja';
import { pythonFloat, WrittenNumber } from '../../data/text/written-number.ts';
import { compareCodePoints } from './python-characters.ts';

export type Value = ReturnType<Interpreter['evaluate']>;

/** Longest text or list that a filter, a method or an operator makes at once. */
const MAX_LENGTH = 10_000_000;

const converter = new Environment();

/** A value of the library's out of one of JavaScript's. */
export function toValue(value: unknown): Value {
  // Before, not after: a template that is stopped for its time may end between the two.
  converter.variables.delete('');
  return converter.set('', value);
}

export function listOf(values: readonly Value[]): Value {
  const list = toValue([]);
  if (Array.isArray(list.value)) for (const value of values) list.value.push(value);
  return list;
}

export function floatValue(value: number | WrittenNumber): Value {
  const float = toValue(0.5);
  Object.assign(float, { value });
  return float;
}

/** A function of values, which gets named arguments as a last one that is a mapping. */
export function functionValue(run: (given: readonly Value[], scope: Environment) => Value): Value {
  const made = toValue(() => null);
  Object.assign(made, { value: run });
  return made;
}

export function isNumber({ type }: Value): boolean {
  return type === 'IntegerValue' || type === 'FloatValue';
}

export function isNothing({ type }: Value): boolean {
  return type === 'UndefinedValue';
}

/** The library keeps nothing in None. */
export function isNone({ type }: Value): boolean {
  return type === 'NullValue';
}

export function isTrue(value: Value): boolean {
  return value.__bool__().value;
}

/** A mapping's entries, or null: the library knows texts for keys, a literal in a template has numbers too. */
export function mappingOf({ value }: Value): Map<unknown, Value> | null {
  return value instanceof Map ? value : null;
}

/** Returns the entries that a loop visits: a mapping's keys, a text's characters, nothing for undefined values. */
export function entriesOf(value: Value): Value[] {
  const { value: inner } = value;
  if (Array.isArray(inner)) return inner;
  if (typeof inner === 'string') return Array.from(inner, toValue);
  if (inner instanceof Map) return [...inner.keys()].map(toValue);
  if (isNothing(value)) return [];
  throw new Error(`${nameOf(value)} is not iterable`);
}

/** A text of at most `MAX_LENGTH` characters: `count` times `text`, or less than once. */
export function repeated(text: string, count: number): string {
  return text.repeat(timesOf(text.length, count));
}

/** Returns the number of repetitions of a text or list. @throws Error if the result exceeds `MAX_LENGTH` */
export function timesOf(length: number, count: number): number {
  if (length * count > MAX_LENGTH) throw new Error('a text of more than ten million characters is made');
  return length === 0 ? 0 : Math.max(0, count);
}

/** Formats a value like Python's str, which Jinja2 uses. */
export function textOf(value: Value): string {
  if (isNothing(value)) return '';
  return typeof value.value === 'string' ? value.value : representation(value);
}

/** Formats a value like Python's repr. */
export function representation(value: Value): string {
  const { value: inner, type } = value;
  if (inner instanceof WrittenNumber) return JSON.stringify(inner);
  if (typeof inner === 'string') return quoted(inner);
  if (typeof inner === 'boolean') return inner ? 'True' : 'False';
  if (typeof inner === 'number') return type === 'FloatValue' ? pythonFloat(inner) : String(inner);
  if (Array.isArray(inner)) {
    const inside = inner.map(representation).join(', ');
    return type === 'TupleValue' ? `(${inside}${inner.length === 1 ? ',' : ''})` : `[${inside}]`;
  }
  if (inner instanceof Map)
    return `{${[...inner].map(([key, entry]) => `${representation(toValue(key))}: ${representation(entry)}`).join(', ')}}`;
  if (isNothing(value)) return 'Undefined';
  return isNone(value) ? 'None' : value.toString();
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replaceAll(/[\\']|(?! )[\p{C}\p{Z}]/gu, (character) => {
    if (character === "'") return mark === "'" ? "\\'" : character;
    return escapes.get(character) ?? numbered(character.codePointAt(0) ?? 0);
  });
  return `${mark}${inside}${mark}`;
}

/** A character that cannot be seen, by its number. */
function numbered(point: number): string {
  const digits = point.toString(16);
  if (point <= 0xff) return `\\x${digits.padStart(2, '0')}`;
  return point <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}

/** Python's ==: numbers and truth values by their size, lists and mappings by what is in them. */
export function areEqual(one: Value, other: Value): boolean {
  const [left, right] = [one.value, other.value];
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((entry, index) => areEqual(entry, at(right, index)));
  if (left instanceof Map && right instanceof Map)
    return (
      left.size === right.size &&
      [...left].every(([key, entry]) => {
        const found: Value | undefined = right.get(key);
        return found !== undefined && areEqual(entry, found);
      })
    );
  const [first, second] = [numberOf(one), numberOf(other)];
  if (first !== null && second !== null) return first === second;
  return left === right && one.type === other.type;
}

function at(values: readonly Value[], index: number): Value {
  return values[index] ?? toValue(undefined);
}

/** A number or truth value as a number; null for another value. */
export function numberOf({ value }: Value): number | null {
  if (typeof value === 'number') return value;
  if (value instanceof Number) return Number(value);
  return typeof value === 'boolean' ? Number(value) : null;
}

/** The number as a float if one of both is one. */
export function numberLike(number: number, left: Value, right: Value): Value {
  return left.type === 'FloatValue' || right.type === 'FloatValue' ? floatValue(number) : toValue(number);
}

/** Order of two numbers, texts or lists. @throws Error as Python for other pairs */
export function compare(one: Value, other: Value): number {
  const [first, second] = [numberOf(one), numberOf(other)];
  if (first !== null && second !== null) return first - second;
  const [left, right] = [one.value, other.value];
  if (typeof left === 'string' && typeof right === 'string') return compareCodePoints(left, right);
  if (Array.isArray(left) && Array.isArray(right)) {
    const differs = left.findIndex((entry, index) => index >= right.length || !areEqual(entry, at(right, index)));
    if (differs < 0) return left.length - right.length;
    return differs < right.length ? compare(at(left, differs), at(right, differs)) : 1;
  }
  throw new Error(`${nameOf(one)} and ${nameOf(other)} have no order`);
}

/** Resolves an attribute's name: keys separated by dots, or list indices; undefined if the path does not exist. */
export function attributeOf(value: Value, path: string): Value {
  let found: Value = value;
  for (const key of path.split('.')) {
    const { value: inner } = found;
    const next: Value | undefined =
      inner instanceof Map ? inner.get(key) : Array.isArray(inner) ? inner[Number(key)] : undefined;
    if (next === undefined) return toValue(undefined);
    found = next;
  }
  return found;
}

/** A value's type as Python names it. */
export function nameOf({ type }: Value): string {
  return `a ${type.replace('Value', '').toLowerCase()}`;
}
