import type { Environment } from '@huggingface/jinja';
import { WrittenNumber } from '../data/text/written-number.ts';
import { stripped } from './jinja/text-methods.ts';
import { floatValue, toValue, type Value } from './jinja/values.ts';

const strips = [
  { name: 'strip', atStart: true, atEnd: true },
  { name: 'lstrip', atStart: true, atEnd: false },
  { name: 'rstrip', atStart: false, atEnd: true },
] as const;

/**
 * Gives a text's strip, lstrip and rstrip the argument that they have in Python: the characters to take away, in any order. The
 * library takes white space whatever is asked, so that a template which strips line breaks loses the indentation of an answer.
 */
export function withPythonStrips(value: Value): Value {
  const { value: text } = value;
  if (typeof text !== 'string') return value;
  for (const { name, atStart, atEnd } of strips) {
    const method = value.builtins.get(name);
    const whiteSpace: unknown = method?.value;
    if (method === undefined || typeof whiteSpace !== 'function') continue;
    method.value = (given: readonly Value[], scope: Environment) => {
      const [characters] = given;
      return typeof characters?.value === 'string'
        ? toValue(stripped(text, characters.value, { atStart, atEnd }))
        : whiteSpace(given, scope);
    };
  }
  return value;
}

/** Sets a variable of a template whose numbers are written as in the file: the library has 1.0 for the integer 1. */
export function setWithFloats(scope: Environment, name: string, value: unknown): void {
  restoreFloats(scope.set(name, value), value);
}

/** `converted`: the library's form of `value`, of which written numbers are exchanged. */
function restoreFloats(converted: Value, value: unknown): Value {
  if (value instanceof WrittenNumber) return floatValue(value);
  const { value: inner } = converted;
  if (Array.isArray(value) && Array.isArray(inner))
    inner.forEach((entry, index) => {
      inner[index] = restoreFloats(entry, value[index]);
    });
  else if (typeof value === 'object' && value !== null && inner instanceof Map)
    for (const [key, entry] of inner) inner.set(key, restoreFloats(entry, Reflect.get(value, key)));
  return converted;
}
