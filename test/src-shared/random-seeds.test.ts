import { expect, test } from 'vitest';
import { RandomStream } from '../../src-shared/random.ts';

test('every seed has its own stream, and so has every purpose of one seed', () => {
  const starts = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    starts.add(RandomStream.seeded(seed, 'coto').uniform());
    starts.add(RandomStream.seeded(seed, 'data').uniform());
  }
  expect(starts.size).toBe(400);
});
