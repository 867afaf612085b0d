import { brownDocuments, brownPackage } from './brown.mjs';
import { inTurn, passagesOf } from './shared.mjs';

const maxPerGenre = { train: 200, test: 60 };

/**
 * Passages of the Brown corpus and their genre.
 * @type {import('./shared.mjs').TextSet}
 */
export const brownGenres = {
  id: 'brown-genres',
  packages: [brownPackage],
  make([folder = '']) {
    /** @type {import('./shared.mjs').Splits} */
    const splits = { train: [], test: [] };
    for (const documents of Map.groupBy(brownDocuments(folder), ({ genre }) => genre).values()) {
      /** @type {Record<'train' | 'test', import('./shared.mjs').Row[][]>} */
      const passages = { train: [], test: [] };
      // Every fifth, from the third on: nine documents then have two to test on.
      for (const [index, { name, genre, sentences }] of documents.entries())
        passages[index % 5 === 2 ? 'test' : 'train'].push(
          passagesOf(sentences).map((text) => ({ text, label: genre, document: name })),
        );
      for (const split of /** @type {const} */ (['train', 'test']))
        splits[split].push(...inTurn(passages[split], maxPerGenre[split]));
    }
    return splits;
  },
};
