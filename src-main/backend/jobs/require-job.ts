import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { Services } from '../services/services.ts';

/** @throws StudioError not_found */
export function requireJob(store: Services['store'], id: string): JobRecord {
  const job = store.jobs.find(id);
  if (job === null) throw new StudioError('not_found', `There is no job "${id}" in the studio.`);
  return job;
}
