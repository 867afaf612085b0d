import type { Words } from '../../src-shared/words.ts';
import { type Catalog, english } from './catalog.ts';

/** The words with `change` applied to each text, also to those that functions return. */
export function mapWords<T>(words: T, change: (text: string) => string): Words<T> {
  return mapped(words, change) as Words<T>;
}

function mapped(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (typeof value === 'function')
    return function (this: unknown, ...args: readonly unknown[]) {
      return mapped(Reflect.apply(value, this, args), change);
    };
  if (Array.isArray(value)) return value.map((entry: unknown) => mapped(entry, change));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, mapped(entry, change)]));
  return value;
}

/** Replaces the words of `target` by those of `words`, group by group in place, so that who holds a group holds the new ones. */
export function replaceWords<T extends object>(target: T, words: Words<T>): void {
  for (const [key, value] of Object.entries(words)) {
    const held: unknown = Reflect.get(target, key);
    if (isGroup(held) && isGroup(value)) replaceWords(held, value);
    else Reflect.set(target, key, value);
  }
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const plain = 'AaBbCcDdEeGgHhIiJjKkLlNnOoRrSsTtUuWwYyZz';
const accented = 'ÅåßƀÇçÐðÉéĜĝĤĥÎîĴĵĶķĻļÑñÖöŔŕŠšŤťÛûŴŵÝýŽž';
const accents = new Map([...plain].map((letter, at) => [letter, [...accented][at] ?? letter]));

/** English, accented, in brackets and longer by 40 %: "⟦Šåṽé ··⟧". */
function lengthened(text: string): string {
  if (text.trim() === '') return text;
  const letters = [...text].map((letter) => accents.get(letter) ?? letter).join('');
  return `⟦${letters}${'·'.repeat(Math.max(1, Math.round(0.4 * text.length) - 2))}⟧`;
}

/** English, in brackets and drawn from right to left. */
function reversed(text: string): string {
  return text.trim() === '' ? text : `⟦\u202e${text}\u202c⟧`;
}

export const longer = (): Catalog => mapWords(english, lengthened);
export const mirrored = (): Catalog => mapWords(english, reversed);
