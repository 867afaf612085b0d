import type { PrunedChoice } from '../../../src-shared/studies/define-study.ts';
import { request } from '../../api/client.ts';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';

/** Queues the pruning behind a point or a row of a study, so that its adapter joins the library. */
export async function keepPruned({ name, of, method, parameters }: PrunedChoice): Promise<void> {
  try {
    const adapterId = 'adapterId' in of ? of.adapterId : (await request('runs.get', { id: of.runId })).adapterId;
    if (adapterId === null) throw new Error(`The run behind "${name}" no longer has an adapter.`);
    await request('prune.start', { adapterId, name, method, parameters });
    notifySuccess('Pruning queued', `"${name}" will be added to your adapters.`);
  } catch (error) {
    notifyFailure(error instanceof Error ? error : new Error(String(error)), 'The pruned adapter was not kept');
  }
}
