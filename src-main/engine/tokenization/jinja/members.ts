import { isNothing, mappingOf, toValue, type Value } from './values.ts';

/** The names that a mapping has itself: `schema.items` is the method, whatever the schema's keys; `schema['items']` is the key. */
const methodsOfMappings: ReadonlySet<unknown> = new Set(['get', 'items', 'keys', 'values']);

/**
 * Resolves `object.key` or `object[key]`: the entry or method of a mapping, the entry at an index of a list or text.
 * Undefined if there is none, whatever the key is.
 */
export function memberOf(object: Value, key: unknown, isSubscript: boolean): Value {
  const { value, type } = object;
  const builtin: Value | undefined = typeof key === 'string' ? object.builtins.get(key) : undefined;
  let found: Value | undefined = builtin;
  const mapping = mappingOf(object);
  if (mapping !== null) {
    const entry = mapping.get(key);
    const own = type === 'NamespaceValue' ? undefined : builtin;
    found = !isSubscript && methodsOfMappings.has(key) ? (own ?? entry) : (entry ?? own);
  } else if (typeof key === 'number') {
    if (Array.isArray(value)) found = value.at(key);
    else if (typeof value === 'string') found = toValue(value.at(key));
  }
  return found ?? toValue(undefined);
}

/** A mapping's keys and entries in pairs. @throws Error for what is none */
export function pairsOf(value: Value): [Value, Value][] {
  if (isNothing(value)) return [];
  const mapping = mappingOf(value);
  if (mapping === null) throw new Error('only a mapping has pairs of keys and values');
  return Array.from(mapping, ([key, entry]) => [toValue(key), entry]);
}
