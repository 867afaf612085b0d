import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { JobKind, JobRecord } from '../../../src-shared/domain/job.ts';
import type { Services } from '../services.ts';

/** The job of this id, and of this kind where one is asked for. */
export function requireJob(store: Services['store'], id: string, kind?: JobKind): JobRecord {
  const job = store.jobs.find(id);
  if (job === null || (kind !== undefined && job.kind !== kind))
    throw new StudioError('not_found', `There is no ${kind === undefined ? '' : `${kind} `}job "${id}" in the studio.`);
  return job;
}
