import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonTexts } from './packages.mjs';
import { withoutNearRepeats } from './shared.mjs';

/**
 * Sentences of many kinds. Many are others' (songs, films, reviews) and may not be passed on: made by name, not bundled.
 * @type {import('./shared.mjs').TextSet}
 */
export const nlpCorpus = {
  id: 'nlp-corpus',
  packages: ['nlp-corpus@4.4.0'],
  make([folder = '']) {
    const files = readdirSync(join(folder, 'builds')).filter((name) => name.endsWith('.json'));
    // Sorts by number rather than by text.
    files.sort((one, other) => Number(one.replaceAll(/\D/g, '')) - Number(other.replaceAll(/\D/g, '')));
    const sentences = files
      .flatMap((name) => readJsonTexts(join(folder, 'builds', name)))
      .map((sentence) => sentence.replaceAll(/\s+/g, ' ').trim())
      .filter((sentence) => sentence !== '' && !/[\0\uFFFD]/.test(sentence));
    const rows = [...new Set(sentences)].map((text) => ({ text }));
    const test = rows.filter((_, index) => (index + 1) % 50 === 0);
    const train = rows.filter((_, index) => (index + 1) % 50 !== 0);
    return { train: withoutNearRepeats(train, test, ({ text }) => text), test };
  },
};
