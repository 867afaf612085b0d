import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type JobRecord, jobError } from '../../../src-shared/domain/jobs/job.ts';
import type { HandlerServices } from './handler-services.ts';

/**
 * Waits until a job that only its request knows is completed.
 * @throws StudioError of the job, which is removed then: there is nothing to list of it
 */
export async function completed(
  { store, queue }: Pick<HandlerServices, 'store' | 'queue'>,
  added: JobRecord,
): Promise<JobRecord> {
  const job = await queue.ended(added);
  if (job.status === 'completed') return job;
  store.jobs.remove(job.id);
  throw job.error === null ? new StudioError('cancelled', `${job.title}: ${job.status}.`) : jobError(job);
}
