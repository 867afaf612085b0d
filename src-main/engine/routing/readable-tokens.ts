import { ignoredLabel } from '../ops/loss/softmax-cross-entropy.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';

/** Tokens that a router may read. */
export interface ReadableTokens {
  readonly rows: number;
  readonly tokens: number;
  /** Row-major [rows, tokens]: 1 for a token that may be read, 0 for padding and for answers. */
  readonly mask: Float32Array;
}

/**
 * Tokens of texts that a router may read: all but padding, and up to the first label of each row, which is where the answer
 * begins. Null for inputs that are no texts.
 * @param labels the next token of each token, −100 where it is not scored; null: the inputs hold no answers
 */
export function readableTokens(
  inputs: Readonly<Record<string, HostTensor>>,
  labels: Int32Array | null,
): ReadableTokens | null {
  const ids = inputs['input_ids'];
  if (ids === undefined) return null;
  const [rows = 0, tokens = 0] = ids.shape;
  const attended = inputs['attention_mask']?.data;
  const mask = new Float32Array(rows * tokens);
  for (let row = 0; row < rows; row++) {
    const start = row * tokens;
    const own = labels?.subarray(start, start + tokens);
    const answer = own?.findIndex((label) => label !== ignoredLabel) ?? -1;
    const end = answer < 0 ? tokens : answer + 1;
    for (let at = 0; at < end; at++) mask[start + at] = (attended?.[start + at] ?? 1) === 0 ? 0 : 1;
  }
  return { rows, tokens, mask };
}

/** Last readable place of each row among all tokens [rows]. */
export function lastReadable({ rows, tokens, mask }: ReadableTokens): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => {
    const last = mask.subarray(row * tokens, (row + 1) * tokens).lastIndexOf(1);
    return row * tokens + Math.max(0, last);
  });
}
