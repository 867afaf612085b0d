import type { JobRecord } from '../../../src-shared/domain/job.ts';
import type { Log } from '../../logging/log.ts';
import type { Store } from '../../store/open-store.ts';

interface Offer {
  readonly id: string;
  readonly payload: unknown;
}

/**
 * The jobs among `ready` that `choose` lets run together with `first`, all of one kind. None, with a line in the log, if they
 * cannot be found out.
 */
export async function companionJobs(
  first: JobRecord,
  ready: readonly JobRecord[],
  { store, log }: { readonly store: Store; readonly log: Log },
  choose: (first: unknown, offered: Offer[]) => Promise<readonly string[]>,
): Promise<JobRecord[]> {
  const queued = ready.filter(({ kind }) => kind === first.kind);
  if (queued.length === 0) return [];
  try {
    const offered = queued.map(({ id }) => ({ id, payload: store.jobs.payload(id) }));
    const chosen = await choose(store.jobs.payload(first.id), offered);
    return queued.filter(({ id }) => chosen.includes(id));
  } catch (error) {
    log.error({ err: error, job: first.id }, 'the jobs that could run together could not be found');
    return [];
  }
}
