import { expect, it } from 'vitest';
import { CheckpointAge } from '../../../src-main/engine/training/checkpoint-age.ts';

const minute = 60_000;

function at(minutes: number) {
  const clock = { time: 5 };
  return { clock, age: new CheckpointAge(minutes, () => clock.time) };
}

it('is due once the latest checkpoint is as old as asked, and not again before the next is', () => {
  const { clock, age } = at(2);
  clock.time += 2 * minute - 1;
  expect(age.isDue).toBe(false);
  clock.time += 1;
  expect(age.isDue).toBe(true);
  age.reset();
  expect(age.isDue).toBe(false);
  clock.time += 2 * minute;
  expect(age.isDue).toBe(true);
});

it('is never due where the interval is 0', () => {
  const { clock, age } = at(0);
  clock.time += 1e6 * minute;
  expect(age.isDue).toBe(false);
});
