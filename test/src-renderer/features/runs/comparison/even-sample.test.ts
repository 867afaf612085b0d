import { expect, test } from 'vitest';
import { evenSample } from '../../../../../src-renderer/features/runs/comparison/compare-curves.tsx';

const runs = ['a1', 'a2', 'a3', 'b1', 'c1', 'c2'].map((id) => ({ id, group: id[0] ?? '' }));
const ids = (most: number) => evenSample(runs, most).map(({ id }) => id);

test('curves of many runs are taken evenly from their groups, in their order', () => {
  expect(ids(3)).toEqual(['a1', 'b1', 'c1']);
  expect(ids(4)).toEqual(['a1', 'a2', 'b1', 'c1']);
  expect(ids(5)).toEqual(['a1', 'a2', 'b1', 'c1', 'c2']);
  expect(evenSample(runs, 6)).toBe(runs);
});
