/**
 * A wire between two sides that keeps the order of messages. Values cross by structured clone or its like: NaN,
 * undefined and typed arrays survive.
 */
export interface Channel {
  post(message: unknown): void;
  /** Calls `listener` for each message until the returned function is called. */
  on(listener: (message: unknown) => void): () => void;
  /** Calls `listener` once when the other side is gone for good. */
  onClose(listener: () => void): void;
  close(): void;
}
