import type { JobRecord } from '../../../src-shared/domain/job.ts';
import type { HandlerServices } from '../services.ts';
import type { TogetherWork } from './define-job.ts';

/**
 * The jobs among `ready` that run together with `first`, all of one kind. None, with a line in the log, if they cannot be
 * found out.
 */
export async function companionJobs(
  first: JobRecord,
  ready: readonly JobRecord[],
  together: TogetherWork<unknown, unknown>,
  services: HandlerServices,
): Promise<JobRecord[]> {
  const { store, log } = services;
  const queued = ready.filter(({ kind }) => kind === first.kind);
  if (queued.length === 0) return [];
  try {
    const offered = queued.map(({ id }) => ({ id, payload: store.jobs.payload(id) }));
    const chosen = await together.companions(store.jobs.payload(first.id), offered, services);
    return queued.filter(({ id }) => chosen.includes(id));
  } catch (error) {
    log.error({ err: error, job: first.id }, 'the jobs that could run together could not be found');
    return [];
  }
}
