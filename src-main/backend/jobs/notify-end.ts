import type { ErrorValue } from '../../../src-shared/contract/errors.ts';
import { type JobRecord, jobInfo } from '../../../src-shared/domain/job.ts';
import type { EventHub } from '../event-hub.ts';

/** Tells people of the error with which a job ended; parts of a study end with the study's own words. */
export function notifyEnd(hub: EventHub, job: JobRecord, error: ErrorValue | null): void {
  // The client that adds data waits for the response, which has the same error.
  if (error === null || job.parentId !== null || job.status === 'cancelled' || jobInfo(job.kind).lane === 'data')
    return;
  hub.notify({
    level: job.status === 'failed' ? 'failure' : 'warning',
    title: job.title,
    message: error.message,
    error,
  });
}
