import type { AttentionSizes } from '../../engine/ops/attention/attention-sizes.ts';
import { get, softmaxRows, type Values } from './reference.ts';

export interface AttendSizes extends AttentionSizes {
  readonly mask: Values | null;
  /** A logit in the denominator of each head's softmax. */
  readonly sinks: Values | null;
}

/**
 * Attention in double precision, query by query. q [batch · queries, heads · headSize], k and v [batch · tokens,
 * keyValueHeads · headSize].
 */
export function attend(q: Values, k: Values, v: Values, sizes: AttendSizes): number[] {
  const { batch, queries, tokens, heads, keyValueHeads, headSize, scale, softcap, sinks } = sizes;
  const out = new Array<number>(q.length).fill(0);
  for (let example = 0; example < batch; example++)
    for (let head = 0; head < heads; head++)
      for (let query = 0; query < queries; query++) {
        const at = ((example * queries + query) * heads + head) * headSize;
        const shared = Math.floor(head / (heads / keyValueHeads));
        const keyAt = (token: number) => ((example * tokens + token) * keyValueHeads + shared) * headSize;
        const seen = tokensSeen(example, query, sizes);
        const scores = seen.map((token) => {
          let dot = 0;
          for (let d = 0; d < headSize; d++) dot += get(q, at + d) * get(k, keyAt(token) + d);
          return softcap > 0 ? softcap * Math.tanh((scale * dot) / softcap) : scale * dot;
        });
        // A sink is a score without a value.
        const all = sinks === null ? scores : [...scores, get(sinks, head)];
        softmaxRows(all, all.length)
          .slice(0, seen.length)
          .forEach((probability, index) => {
            const from = keyAt(get(seen, index));
            for (let d = 0; d < headSize; d++) out[at + d] = get(out, at + d) + probability * get(v, from + d);
          });
      }
  return out;
}

function tokensSeen(example: number, query: number, { queries, tokens, causal, window, mask }: AttendSizes): number[] {
  const position = tokens - queries + query;
  return Array.from({ length: tokens }, (_, token) => token).filter(
    (token) =>
      (!causal || token <= position) &&
      (window === 0 || Math.abs(position - token) < window) &&
      (mask === null || get(mask, example * tokens + token) === 1),
  );
}
