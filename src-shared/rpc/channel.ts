/**
 * An ordered message channel between two sides. Values are transferred by structured clone or an equivalent: NaN,
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
