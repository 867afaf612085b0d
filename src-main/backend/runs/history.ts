import { setImmediate } from 'node:timers/promises';
import type { RequestArgument, RequestOutput } from '../../../src-shared/contract/requests.ts';
import type { Curve } from '../../../src-shared/domain/run-history.ts';
import type { Store } from '../../store/open-store.ts';
import { requireRun } from './training-record.ts';

/**
 * Curves and masks of several runs. Yields to other requests between two curves: one of a million values takes 0.1 s.
 * A run in progress may have grown in curves read later; each is complete up to its own last step.
 */
export async function readHistory(
  store: Store,
  { ids, metrics, masks, ...range }: RequestArgument<'runs.history'>,
): Promise<RequestOutput<'runs.history'>> {
  for (const id of ids) requireRun(store, id);
  const histories: RequestOutput<'runs.history'> = [];
  for (const id of ids) {
    const curves: Curve[] = [];
    for (const name of store.history.metricNames(id)) {
      if (!metrics.some((metric) => (metric.endsWith('/') ? name.startsWith(metric) : name === metric))) continue;
      await setImmediate();
      curves.push(store.history.curve(id, name, range));
    }
    histories.push({ id, curves, masks: masks ? store.history.activationShares(id, range.buckets) : null });
  }
  return histories;
}
