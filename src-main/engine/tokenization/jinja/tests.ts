import { isIn } from './operators.ts';
import { areEqual, compare, isNone, isNothing, isNumber, toValue, type Value } from './values.ts';

type Test = (value: Value, argument: Value) => boolean;

const number = ({ value }: Value): number => (typeof value === 'number' ? value : Number.NaN);
const isCased = ({ value }: Value, cased: (text: string) => string, other: (text: string) => string): boolean =>
  typeof value === 'string' && value === cased(value) && value !== other(value);

const hasEntries: Test = ({ value, type }) =>
  typeof value === 'string' || Array.isArray(value) || value instanceof Map || type === 'UndefinedValue';

/** Jinja2's tests by their names. */
const tests: Readonly<Record<string, Test>> = {
  boolean: ({ type }) => type === 'BooleanValue',
  callable: ({ type }) => type === 'FunctionValue',
  defined: (value) => !isNothing(value),
  divisibleby: (value, argument) => number(value) % number(argument) === 0,
  even: (value) => number(value) % 2 === 0,
  odd: (value) => Math.abs(number(value) % 2) === 1,
  false: ({ value }) => value === false,
  float: ({ type }) => type === 'FloatValue',
  integer: ({ type }) => type === 'IntegerValue',
  iterable: hasEntries,
  lower: (value) =>
    isCased(
      value,
      (text) => text.toLowerCase(),
      (text) => text.toUpperCase(),
    ),
  upper: (value) =>
    isCased(
      value,
      (text) => text.toUpperCase(),
      (text) => text.toLowerCase(),
    ),
  mapping: ({ value, type }) => value instanceof Map && type !== 'NamespaceValue',
  none: isNone,
  number: (value) => isNumber(value) || value.type === 'BooleanValue',
  sameas: (value, argument) => value === argument || (value.type === argument.type && areEqual(value, argument)),
  sequence: hasEntries,
  string: ({ value }) => typeof value === 'string',
  true: ({ value }) => value === true,
  undefined: isNothing,
  in: isIn,
  eq: areEqual,
  ne: (value, argument) => !areEqual(value, argument),
  lt: (value, argument) => compare(value, argument) < 0,
  le: (value, argument) => compare(value, argument) <= 0,
  gt: (value, argument) => compare(value, argument) > 0,
  ge: (value, argument) => compare(value, argument) >= 0,
};

const otherNames: ReadonlyMap<string, string> = new Map([
  ['==', 'eq'],
  ['equalto', 'eq'],
  ['!=', 'ne'],
  ['<', 'lt'],
  ['lessthan', 'lt'],
  ['<=', 'le'],
  ['>', 'gt'],
  ['greaterthan', 'gt'],
  ['>=', 'ge'],
]);

/** Names of the tests that compare with an argument. */
export const testsWithArgument: ReadonlySet<string> = new Set([
  ...['divisibleby', 'sameas', 'in', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'],
  ...[...otherNames.keys()].filter((name) => /^\w+$/.test(name)),
]);

/** @throws Error where there is no test of this name */
export function holds(name: string, value: Value, argument: Value | undefined): boolean {
  const known = otherNames.get(name) ?? name;
  const test = Object.hasOwn(tests, known) ? tests[known] : undefined;
  if (test === undefined) throw new Error(`Unknown test: ${name}`);
  return test(value, argument ?? toValue(undefined));
}
