import { errorCodeSchema, StudioError } from '../../../src-shared/contract/errors.ts';
import type { JobRecord } from '../../../src-shared/domain/job.ts';
import type { HandlerServices } from '../handler-services.ts';

/** The error that a job has ended with, to be thrown by whoever waited for it. */
export function errorOfJob({ code, message, hint }: NonNullable<JobRecord['error']>): StudioError {
  return new StudioError(errorCodeSchema.catch('internal').parse(code), message, hint);
}

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
  throw job.error === null ? new StudioError('cancelled', `${job.title}: ${job.status}.`) : errorOfJob(job.error);
}
