import type { Channel } from './channel.ts';
import { closeSignal } from './close-signal.ts';

/**
 * Two ends of a channel within one process. Messages are cloned and arrive asynchronously and in order, so that
 * nothing can depend on shared objects. Closing one end closes both.
 */
export function inProcessChannels(): [Channel, Channel] {
  const signal = closeSignal();
  const left = new Set<(message: unknown) => void>();
  const right = new Set<(message: unknown) => void>();
  const end = (own: typeof left, other: typeof left): Channel => ({
    post(message) {
      if (signal.closed) return;
      const copy: unknown = structuredClone(message);
      queueMicrotask(() => {
        if (!signal.closed) for (const listener of [...other]) listener(copy);
      });
    },
    on(listener) {
      own.add(listener);
      return () => {
        own.delete(listener);
      };
    },
    onClose: signal.onClose,
    close: signal.fire,
  });
  return [end(left, right), end(right, left)];
}
