export interface CloseSignal {
  readonly closed: boolean;
  /** Calls `listener` once: when `fire` is called, or immediately if it already was. */
  onClose(listener: () => void): void;
  fire(): void;
}

/** Remembers that a channel has closed, so that late listeners are called too. */
export function closeSignal(): CloseSignal {
  const listeners: (() => void)[] = [];
  let closed = false;
  return {
    get closed() {
      return closed;
    },
    onClose(listener) {
      if (closed) listener();
      else listeners.push(listener);
    },
    fire() {
      if (closed) return;
      closed = true;
      for (const listener of listeners.splice(0)) listener();
    },
  };
}
