import type { MessagePort, Worker } from 'node:worker_threads';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { closeSignal } from '../../src-shared/rpc/close-signal.ts';

/** A channel over a port of a MessageChannel, over `parentPort` inside a worker thread, or over the Worker outside it. */
export function messagePortChannel(port: MessagePort | Worker): Channel {
  const signal = closeSignal();
  const worker = 'threadId' in port ? port : null;
  if ('threadId' in port) {
    port.once('exit', signal.fire);
    // An uncaught error ends the worker; without a listener it would end this process as well.
    port.on('error', () => undefined);
  } else port.once('close', signal.fire);
  return {
    post(message) {
      if (!signal.closed) port.postMessage(message);
    },
    on(listener) {
      port.on('message', listener);
      return () => {
        port.off('message', listener);
      };
    },
    onClose: signal.onClose,
    close() {
      if (worker) void worker.terminate();
      else if ('close' in port) port.close();
    },
  };
}
