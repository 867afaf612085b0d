import type { Channel } from '../../src-shared/rpc/channel.ts';
import { closeSignal } from '../../src-shared/rpc/close-signal.ts';

/** The parts of Electron's `process.parentPort` in use, typed here because only the shell imports electron. */
export interface UtilityParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  off(event: 'message', listener: (event: { data: unknown }) => void): unknown;
}

/** `process.parentPort` in a utility process of Electron, else null. */
export function utilityParentPort(): UtilityParentPort | null {
  const port: unknown = Reflect.get(process, 'parentPort');
  return isParentPort(port) ? port : null;
}

/** The utility process's end of the channel to the shell. Electron ends the process together with the shell. */
export function utilityParentChannel(port: UtilityParentPort): Channel {
  const signal = closeSignal();
  return {
    post(message) {
      if (!signal.closed) port.postMessage(message);
    },
    on(listener) {
      const unwrap = (event: { data: unknown }): void => listener(event.data);
      port.on('message', unwrap);
      return () => {
        port.off('message', unwrap);
      };
    },
    onClose: signal.onClose,
    close: signal.fire,
  };
}

function isParentPort(value: unknown): value is UtilityParentPort {
  return typeof value === 'object' && value !== null && 'postMessage' in value && 'on' in value && 'off' in value;
}
