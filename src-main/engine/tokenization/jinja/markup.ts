import { listOf, nameOf, numberLike, numberOf, toValue, type Value } from './values.ts';

const markups = new WeakSet<Value>();

/** A text that the filters `safe` and `escape` made: what is added to it is escaped, in Transformers too. */
export function markup(text: string): Value {
  const value = toValue(text);
  markups.add(value);
  return value;
}

/** With the characters that mean something in HTML as MarkupSafe writes them. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&#39;')
    .replaceAll('"', '&#34;');
}

/** Two numbers, texts or lists in Python's +. @throws Error for others, of which the library makes a text */
export function sum(left: Value, right: Value): Value {
  const [first, second] = [left.value, right.value];
  if (typeof first === 'string' && typeof second === 'string') {
    if (!markups.has(left) && !markups.has(right)) return toValue(first + second);
    const safe = (value: Value, text: string): string => (markups.has(value) ? text : escaped(text));
    return markup(safe(left, first) + safe(right, second));
  }
  if (Array.isArray(first) && Array.isArray(second)) return listOf([...first, ...second]);
  const [one, other] = [numberOf(left), numberOf(right)];
  if (one === null || other === null) throw new Error(`${nameOf(left)} and ${nameOf(right)} cannot be added`);
  return numberLike(one + other, left, right);
}
