import { expect, it } from 'vitest';
import { Turns } from '../../../src-main/backend/reading/turns.ts';

it('lets so many run at once, and the others in the order in which they came', async () => {
  const turns = new Turns(2);
  const [begun, ends]: [number[], (() => void)[]] = [[], []];
  const work = [0, 1, 2, 3].map((place) =>
    turns.take(undefined, async () => {
      begun.push(place);
      await new Promise<void>((end) => ends.push(end));
      if (place === 1) throw new Error('failed');
      return place;
    }),
  );
  const settled = Promise.allSettled(work);
  const turn = () => new Promise((next) => setImmediate(next));
  await turn();
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  await turn();
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});

it('lets one that waits go at once, without its turn', async () => {
  const turns = new Turns(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = turns.take(undefined, () => promise);
  const leaving = new AbortController();
  const second = turns.take(leaving.signal, async () => 'second');
  const third = turns.take(undefined, async () => 'third');
  leaving.abort(new Error('not wanted'));
  await expect(second).rejects.toThrow('not wanted');
  resolve();
  await first;
  expect(await third).toBe('third');
});
