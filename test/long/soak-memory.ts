import { setTimeout as delay } from 'node:timers/promises';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';
import { z } from 'zod';

/** Bytes left in a thread's heap after a garbage collection, and bytes that its objects own outside of it. */
export interface HeldMemory {
  readonly isMain: boolean;
  readonly bytes: number;
}

const question = 'what is held?';
const answerSchema = z.object({ isMain: z.boolean(), bytes: z.number() });
const channel = new BroadcastChannel('coto-soak-memory');
channel.unref();

/** Imported into every thread of the backend's process (`--import`), which Node starts with `--expose-gc`. */
async function held(): Promise<HeldMemory> {
  // Twice: what the first frees by finalizers is found by the second.
  for (const _ of ['first', 'second']) {
    await globalThis.gc?.({ type: 'major', execution: 'async' });
    await delay(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return { isMain: isMainThread, bytes: heapUsed + external };
}

if (!isMainThread)
  channel.onmessage = async ({ data }) => {
    if (data === question) channel.postMessage(await held());
  };

/** Returns the memory of each answering thread, the main one first: a computing engine answers when it is done. */
export async function heldByThreads(patienceMilliseconds = 10_000): Promise<HeldMemory[]> {
  const answers: HeldMemory[] = [];
  channel.onmessage = ({ data }) => {
    const answer = answerSchema.safeParse(data);
    if (answer.success) answers.push(answer.data);
  };
  channel.postMessage(question);
  const own = await held();
  const end = performance.now() + patienceMilliseconds;
  while (answers.length === 0 && performance.now() < end) await delay(20);
  channel.onmessage = () => undefined;
  return [own, ...answers];
}
