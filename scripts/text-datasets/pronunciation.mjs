import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brownDocuments, brownPackage } from './brown.mjs';
import { share, stemOf } from './shared.mjs';

const testShare = 0.1;
const minUses = 2;

/**
 * Words and how Americans say them, from CMUdict; of its 126,000 words (many are names) those that the Brown corpus uses.
 * @type {import('./shared.mjs').TextSet}
 */
export const pronunciation = {
  id: 'pronunciation',
  packages: ['cmu-pronouncing-dictionary@3.0.0', brownPackage],
  async make([folder = '', brown = '']) {
    /** @type {{ dictionary: Record<string, string> }} */
    const { dictionary } = await import(pathToFileURL(join(folder, 'index.js')).href);
    /** @type {Map<string, number>} */
    const uses = new Map();
    for (const { sentences } of brownDocuments(brown))
      for (const word of sentences.join(' ').match(/(?<![\w'-])[a-z]+(?![\w'-])/g) ?? [])
        uses.set(word, (uses.get(word) ?? 0) + 1);
    const rows = Object.entries(dictionary)
      // "read(2)" is another way to say a word: the first is taken.
      .filter(([word]) => /^[a-z]{2,}$/.test(word) && (uses.get(word) ?? 0) >= minUses)
      .map(([prompt, completion]) => ({ prompt, completion, stem: stemOf(prompt) }));
    /** @param {{ stem: string }} row */
    const isTest = ({ stem }) => share(`pronunciation ${stem}`) < testShare;
    return { train: rows.filter((row) => !isTest(row)), test: rows.filter(isTest) };
  },
};
