import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { asError } from '../../src-shared/contract/errors.ts';
import { threadSwitches } from '../archive/beside-archive.ts';

/** Counterpart of `checkWhole` in another thread. An unreadable file is returned as a problem. */
export async function checkInWorker(file: string): Promise<readonly string[]> {
  const module = workerFile();
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

/** From the sources or from the build, as this module was loaded. */
function workerFile(): URL {
  const built = !import.meta.url.endsWith('.ts');
  return new URL(built ? '../backend/check-worker.mjs' : './check-worker.ts', import.meta.url);
}
