import { formatted } from './format.ts';
import { sum } from './markup.ts';
import {
  areEqual,
  compare,
  listOf,
  mappingOf,
  nameOf,
  numberLike,
  numberOf,
  repeated,
  textOf,
  timesOf,
  toValue,
  type Value,
} from './values.ts';

/** Returns true if `value` is in a list, a text, or a mapping's keys. */
export function isIn(value: Value, holder: Value): boolean {
  const { value: container, type } = holder;
  if (Array.isArray(container)) return container.some((entry) => areEqual(entry, value));
  const mapping = mappingOf(holder);
  if (mapping !== null) return mapping.has(value.value);
  if (typeof container === 'string') {
    if (typeof value.value === 'string') return container.includes(value.value);
    throw new Error('only a text can be in a text');
  }
  if (type === 'UndefinedValue') return false;
  throw new Error('nothing is in what is no list, text or mapping');
}

type Operation = (left: Value, right: Value) => Value;

/** Operators that the library lacks, or computes otherwise than Python. */
const operations: Readonly<Record<string, Operation>> = {
  '==': (left, right) => toValue(areEqual(left, right)),
  '!=': (left, right) => toValue(!areEqual(left, right)),
  in: (left, right) => toValue(isIn(left, right)),
  'not in': (left, right) => toValue(!isIn(left, right)),
  '+': sum,
  '~': (left, right) => toValue(textOf(left) + textOf(right)),
  '%': modulo,
  '*': (left, right) => repetition(left, right) ?? repetition(right, left) ?? product(left, right),
  '<': (left, right) => toValue(compare(left, right) < 0),
  '<=': (left, right) => toValue(compare(left, right) <= 0),
  '>': (left, right) => toValue(compare(left, right) > 0),
  '>=': (left, right) => toValue(compare(left, right) >= 0),
};

/** Our operation of this name; undefined where the library's is used. */
export function operationNamed(operator: string): Operation | undefined {
  return Object.hasOwn(operations, operator) ? operations[operator] : undefined;
}

/** The rest has the divisor's sign; of a text, its marks are filled in. */
function modulo(left: Value, right: Value): Value {
  if (typeof left.value === 'string')
    return toValue(formatted(left.value, Array.isArray(right.value) ? right.value : [right]));
  const [dividend, divisor] = [numberOf(left), numberOf(right)];
  if (dividend === null || divisor === null || divisor === 0)
    throw new Error(`${nameOf(left)} has no rest by ${divisor === 0 ? 'zero' : nameOf(right)}`);
  return numberLike(dividend - Math.floor(dividend / divisor) * divisor, left, right);
}

function product(left: Value, right: Value): Value {
  const [first, second] = [numberOf(left), numberOf(right)];
  if (first === null || second === null) throw new Error(`${nameOf(left)} cannot be multiplied by ${nameOf(right)}`);
  return numberLike(first * second, left, right);
}

/** A text or a list so many times. */
function repetition({ value, type }: Value, count: Value): Value | null {
  if (count.type !== 'IntegerValue' || typeof count.value !== 'number') return null;
  if (typeof value === 'string') return toValue(repeated(value, count.value));
  if (!Array.isArray(value) || type === 'TupleValue') return null;
  return listOf(Array.from({ length: timesOf(value.length, count.value) }, () => value).flat());
}
