import { expect, test } from 'vitest';
import { ByteBudget } from '../../../src-main/engine/data/byte-budget.ts';

test('work waits for its turn until its bytes are free', async () => {
  const budget = new ByteBudget(10);
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    log.push(`${name} begins`);
    return new Promise<void>((end) => ends.set(name, end));
  };
  const all = [
    budget.spend(6, work('a')),
    budget.spend(6, work('b')),
    // Would fit beside a, but b was there before.
    budget.spend(2, work('c')),
    budget.spend(100, work('d')),
  ];
  expect(log).toEqual(['a begins']);
  ends.get('a')?.();
  await all[0];
  await expect.poll(() => log).toEqual(['a begins', 'b begins', 'c begins']);
  ends.get('b')?.();
  ends.get('c')?.();
  await Promise.all([all[1], all[2]]);
  await expect.poll(() => log).toEqual(['a begins', 'b begins', 'c begins', 'd begins']);
  ends.get('d')?.();
  await all[3];
});

test('work that fails gives its bytes back', async () => {
  const budget = new ByteBudget(1);
  await expect(budget.spend(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await budget.spend(1, async () => 'done')).toBe('done');
});
