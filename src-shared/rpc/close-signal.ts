export interface CloseSignal {
  readonly closed: boolean;
  /** Calls `listener` once: when `fire` is called, or at once where it already was. */
  onClose(listener: () => void): void;
  fire(): void;
}

/** Remembers that a wire is gone, so that whoever asks late is told as well. */
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
