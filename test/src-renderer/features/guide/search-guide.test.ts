import { expect, test } from 'vitest';
import { searchGuide } from '../../../../src-renderer/features/guide/search-guide.ts';

const texts = new Map([
  ['a', '# Train\n\nHow to [merge](merge.md) adapters later, in words.'],
  ['b', '# Merge adapters\n\nThe bench.'],
  ['c', '# Runs\n\n## Merge from a selection\n\nOf adapters.'],
]);

test('every word must be there; titles come before headings, and those before the text', () => {
  expect(searchGuide(texts, 'merge adapters').map(({ id }) => id)).toEqual(['b', 'a', 'c']);
  expect(searchGuide(texts, 'MERGE').map(({ id }) => id)).toEqual(['b', 'c', 'a']);
  expect(searchGuide(texts, 'merge nothing')).toEqual([]);
  expect(searchGuide(texts, '  ')).toEqual([]);
});

test('a passage around the word is shown without its marks', () => {
  expect(searchGuide(texts, 'merge').at(-1)?.passage).toBe('How to merge adapters later, in words.');
});
