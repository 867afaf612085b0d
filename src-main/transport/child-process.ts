import type { ChildProcess } from 'node:child_process';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { closeSignal } from '../../src-shared/rpc/close-signal.ts';

/**
 * The parent's end of the channel. Start the child with `serialization: 'advanced'`, else NaN and typed arrays are
 * lost.
 */
export function childProcessChannel(child: ChildProcess): Channel {
  return processChannel(child);
}

/** The child's end: the channel to the process that forked this one. Throws if there is none. */
export function parentProcessChannel(): Channel {
  if (process.send === undefined) throw new Error('this process was not forked with an IPC channel');
  return processChannel(process);
}

function processChannel(peer: ChildProcess | NodeJS.Process): Channel {
  const signal = closeSignal();
  const emitter: NodeJS.EventEmitter = peer;
  emitter.once('disconnect', signal.fire);
  emitter.once('exit', signal.fire);
  // A child that could not be started emits 'error' and nothing else.
  emitter.on('error', signal.fire);
  return {
    post(message) {
      if (signal.closed || !peer.connected) return;
      if (typeof message !== 'object' || message === null) throw new TypeError('only objects cross this wire');
      // A peer that dies during the write is reported by 'disconnect'; only a failing clone throws.
      peer.send?.(message, undefined, undefined, () => undefined);
    },
    on(listener) {
      emitter.on('message', listener);
      return () => {
        emitter.off('message', listener);
      };
    },
    onClose: signal.onClose,
    close() {
      if (peer.connected) peer.disconnect?.();
      signal.fire();
    },
  };
}
