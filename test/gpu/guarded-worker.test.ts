import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { GuardedWorker } from '../../src-main/bench/gpu/guarded-worker.ts';

const command = {
  command: process.execPath,
  args: [fileURLToPath(new URL('./stuck-worker.mjs', import.meta.url))],
  environment: {},
};
const answer = z.object({ process: z.number() });
const workers: GuardedWorker[] = [];

function guard(silence: number | null, signal?: AbortSignal): GuardedWorker {
  const worker = new GuardedWorker(command, signal, silence);
  workers.push(worker);
  return worker;
}

afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.close();
});

it('tells a process that hangs from one that crashes and one that is slow, and starts another for the next request', async () => {
  const worker = guard(600);
  const first = await worker.ask({ do: 'answer' }, answer, 600);
  expect(await worker.ask({ do: 'answer' }, answer, 600)).toEqual(first);
  worker.silence = 1;
  await expect(worker.ask({ do: 'hang' }, answer, 600)).rejects.toMatchObject({
    outcome: 'hung',
    message: 'No sign of life for 1 s: the driver, or a program on it, hangs.',
  });
  worker.silence = 600;
  await expect(worker.ask({ do: 'crash' }, answer, 600)).rejects.toMatchObject({
    outcome: 'crashed',
    message: expect.stringContaining('SIGABRT'),
  });
  // The worker lives, but its time is over.
  await expect(worker.ask({ do: 'slow' }, answer, 0.5)).rejects.toMatchObject({ outcome: 'unfinished' });
  await expect(worker.ask({ do: 'refuse' }, answer, 600)).rejects.toMatchObject({
    outcome: 'refused',
    message: 'A tensor does not fit.',
  });
  expect(await worker.ask({ do: 'answer' }, answer, 600)).not.toEqual(first);
});

it('ends a process that gives no signs of life when its time is over', async () => {
  const worker = guard(null);
  const first = await worker.ask({ do: 'answer' }, answer, 600);
  await expect(worker.ask({ do: 'hang' }, answer, 0.5)).rejects.toMatchObject({ outcome: 'unfinished' });
  expect(await worker.ask({ do: 'answer' }, answer, 600)).not.toEqual(first);
});

it('lets no request outlast the time of all, even one that has hung', async () => {
  let left = 600;
  const worker = new GuardedWorker(command, undefined, 600, () => left);
  workers.push(worker);
  await worker.ask({ do: 'answer' }, answer, 600);
  left = 0.5;
  await expect(worker.ask({ do: 'hang' }, answer, 600)).rejects.toMatchObject({ outcome: 'unfinished' });
});

it('ends at once where it is interrupted', async () => {
  const interrupted = new AbortController();
  const worker = guard(600, interrupted.signal);
  await worker.ask({ do: 'answer' }, answer, 600);
  const asked = worker.ask({ do: 'slow' }, answer, 600);
  interrupted.abort();
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
});
