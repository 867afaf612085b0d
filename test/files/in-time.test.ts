import { expect, it } from 'vitest';
import { inTime } from '../../src-main/files/in-time.ts';

const late = () => new Error('late');

it('gives what comes in time, an error included', async () => {
  expect(await inTime(60_000, Promise.resolve(3), late)).toBe(3);
  await expect(inTime(60_000, Promise.reject(new Error('wrong')), late)).rejects.toThrow('wrong');
});

it('makes its error only where the answer is late', async () => {
  const never = new Promise<number>(() => undefined);
  await expect(inTime(1, never, late)).rejects.toThrow('late');
});
