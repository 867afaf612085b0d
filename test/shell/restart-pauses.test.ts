import { expect, test } from 'vitest';
import { RestartPauses } from '../../src-main/shell/restart-pauses.ts';

test('a backend that ends again and again is started later each time, and at last no more', () => {
  const pauses = new RestartPauses();
  expect([1, 1, 1, 1, 1, 1].map((lived) => pauses.next(lived))).toEqual([500, 1000, 2000, 4000, 8000, null]);
  pauses.reset();
  expect(pauses.next(1)).toBe(500);
});

test('one that was healthy for a minute begins anew', () => {
  const pauses = new RestartPauses();
  for (let end = 0; end < 5; end++) pauses.next(1);
  expect(pauses.next(61_000)).toBe(500);
});
