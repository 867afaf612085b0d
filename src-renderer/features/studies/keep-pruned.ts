import type { PrunedChoice } from '../../../src-shared/studies/define-study.ts';
import { request } from '../../api/client.ts';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { studiesStrings } from '../../strings/studies.ts';

const strings = studiesStrings.keep;

/** Queues the pruning behind a point or a row of a study, so that its adapter joins the library. */
export async function keepPruned({ name, of, method, parameters }: PrunedChoice): Promise<void> {
  try {
    const adapterId = await adapterIdOf(of);
    if (adapterId === null) throw new Error(strings.gone(name));
    await request('prune.start', { adapterId, name, method, parameters });
    notifySuccess(strings.queued, strings.willAdd(name));
  } catch (error) {
    notifyFailure(error, strings.failed);
  }
}

async function adapterIdOf(of: PrunedChoice['of']): Promise<string | null> {
  if ('adapterId' in of) return of.adapterId;
  const run = await ('run' in of ? request('runs.find', { config: of.run }) : request('runs.get', { id: of.runId }));
  return run?.adapterId ?? null;
}
