import { errorCodeSchema, StudioError } from '../../../src-shared/contract/errors.ts';
import type { JobRecord } from '../../../src-shared/domain/job.ts';

/** The error that a job has ended with, to be thrown by whoever waited for it. */
export function errorOfJob({ code, message, hint }: NonNullable<JobRecord['error']>): StudioError {
  return new StudioError(errorCodeSchema.catch('internal').parse(code), message, hint);
}
