import { Worker } from 'node:worker_threads';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { messagePortChannel } from '../transport/message-port.ts';

/** An engine that was started, wherever it runs. */
export interface EngineHost {
  readonly channel: Channel;
  /** Resolves when the engine is gone: with the error that ended it, or null. Never rejects. */
  readonly ended: Promise<Error | null>;
  terminate(): Promise<void>;
}
export type StartEngine = () => EngineHost;

/** Starts the engine in a worker thread, from the sources or from the built file, whichever this module belongs to. */
export function startEngineWorker(file: URL = defaultWorkerFile()): EngineHost {
  const worker = new Worker(file);
  let cause: Error | null = null;
  const ended = new Promise<Error | null>((resolve) => {
    worker.on('error', (error: unknown) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    worker.on('exit', () => resolve(cause));
  });
  return {
    channel: messagePortChannel(worker),
    ended,
    terminate: async () => {
      await worker.terminate();
    },
  };
}

function defaultWorkerFile(): URL {
  const built = !import.meta.url.endsWith('.ts');
  return new URL(built ? '../engine/worker.mjs' : '../engine/worker.ts', import.meta.url);
}
