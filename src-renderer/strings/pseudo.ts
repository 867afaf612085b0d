import { type Catalog, english } from './catalog.ts';
import { mapWords } from './map-words.ts';

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
