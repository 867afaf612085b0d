import type { UtilityProcess } from 'electron';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { closeSignal } from '../../src-shared/rpc/close-signal.ts';

/** The shell's end of the channel to a utility process. */
export function utilityProcessChannel(child: UtilityProcess): Channel {
  const signal = closeSignal();
  child.once('exit', signal.fire);
  return {
    post(message) {
      if (!signal.closed) child.postMessage(message);
    },
    on(listener) {
      child.on('message', listener);
      return () => {
        child.off('message', listener);
      };
    },
    onClose: signal.onClose,
    close() {
      child.kill();
    },
  };
}
