import { expect, test } from 'vitest';
import { SteadyClock } from '../../src-main/store/clock.ts';

test('a clock that is set back goes on, one that is set forward is followed', () => {
  let [wall, monotonic] = [1_000_000, 0];
  const clock = new SteadyClock(
    () => wall,
    () => monotonic,
  );
  const pass = (milliseconds: number, set = 0): number => {
    monotonic += milliseconds;
    wall += milliseconds + set;
    return clock.now();
  };
  const first = clock.now();
  expect(pass(1000) - first).toBe(1000);
  // Three days back: the durations stay within the tolerance of each look.
  const before = clock.now();
  const after = pass(1000, -3 * 86_400_000);
  expect(after - before).toBeGreaterThanOrEqual(950);
  expect(after - before).toBeLessThanOrEqual(1000);
  expect(pass(0)).toBeGreaterThanOrEqual(after);
  // An hour of sleep, as of the wall clock it was set to.
  expect(pass(0, 4 * 86_400_000)).toBe(wall);
  expect(clock.endOf(wall + 5000)).toBe(wall + 5000);
});
