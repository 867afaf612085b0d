import type { RunInfo } from '../../../src-shared/domain/runs/run-info.ts';
import { batchOrderOf, type OrderFields } from './batch-order.ts';

/**
 * Share of padding among the tokens of the first epoch's batches, grouped by length and in the plain order; null where the
 * run does not group.
 */
export function paddingShares(
  config: OrderFields,
  examples: Int32Array,
  lengthOf: ((example: number) => number) | undefined,
): RunInfo['paddingShare'] {
  if (!config.group_by_length || lengthOf === undefined) return null;
  const share = (group_by_length: boolean) => {
    const order = batchOrderOf({ ...config, group_by_length }, examples, lengthOf);
    let [tokens, places] = [0, 0];
    while (order.state().epoch === 0 && order.state().position < examples.length)
      for (const batch of order.next()) {
        const lengths = Array.from(batch, lengthOf);
        tokens += lengths.reduce((sum, length) => sum + length, 0);
        places += batch.length * lengths.reduce((most, length) => Math.max(most, length), 0);
      }
    return places === 0 ? 0 : 1 - tokens / places;
  };
  return { grouped: share(true), shuffled: share(false) };
}
