import { expect, test } from 'vitest';
import { emptyBench, recallBench, rememberBench } from '../../../../src-renderer/features/merge/bench-memory.ts';

function storage(): Pick<Storage, 'getItem' | 'setItem'> {
  const kept = new Map<string, string>();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
}

test('a bench comes back as it was left', () => {
  const place = storage();
  const left = {
    ...emptyBench,
    bench: [{ adapterId: 'a', weight: -0.25, locked: true }],
    method: 'weight-average',
    parameters: { normalize: false },
    mergeJobId: 'job-1',
  };
  rememberBench(place, left);
  expect(recallBench(place)).toEqual(left);
});

test('a bench that an earlier version kept has its parameter under the name of today', () => {
  const text = JSON.stringify({ ...emptyBench, method: 'weight-average', parameters: { normalise: false } });
  expect(recallBench({ getItem: () => text }).parameters).toEqual({ normalize: false });
});

test.each(['', '{"bench": 3}', 'null', '{'])('unreadable storage (%s) is an empty bench', (text) => {
  expect(recallBench({ getItem: () => text })).toEqual(emptyBench);
});

test('without a place to keep it the bench is empty', () => {
  expect(recallBench(null)).toEqual(emptyBench);
});
