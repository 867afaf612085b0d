import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { asError } from '../../src-shared/contract/errors.ts';
import { threadSwitches } from '../archive/beside-archive.ts';
import { programFile } from '../archive/program-file.ts';

/** Counterpart of `checkWhole` in another thread. An unreadable file is returned as a problem. */
export async function checkInWorker(file: string): Promise<readonly string[]> {
  const module = programFile('check-worker');
  const worker = new Worker(module, { workerData: { file }, ...threadSwitches(module) });
  try {
    const [answer]: unknown[] = await once(worker, 'message');
    return z.array(z.string()).parse(answer);
  } catch (error) {
    return [asError(error).message];
  } finally {
    await worker.terminate();
  }
}
