import { expect, it } from 'vitest';
import { entitiesOf } from '../../../../src-renderer/features/data/tagged-words.tsx';

it('joins the words of an entity, and begins another at each B-', () => {
  const words = ['Ada', 'Lovelace', 'Paris', 'Rome', 'and', 'then'];
  expect(entitiesOf(words, ['B-PER', 'I-PER', 'B-LOC', 'B-LOC', 'O', 'O'])).toEqual([
    { text: 'Ada Lovelace', type: 'PER' },
    { text: 'Paris', type: 'LOC' },
    { text: 'Rome', type: 'LOC' },
    { text: 'and then', type: null },
  ]);
});
