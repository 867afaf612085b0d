import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import { isOver, type JobRecord, jobError } from '../../../src-shared/domain/jobs/job.ts';

export interface UnkeptJob<Result> {
  start(): Promise<JobRecord>;
  /** Called with the id of the job as soon as it is known. */
  onStart?(id: string): void;
  /** Reads the result of the job, before the job is removed. */
  read(job: JobRecord): Promise<Result>;
}

/**
 * Runs a job of the queue, which `signal` cancels, and removes it with its result.
 * @throws StudioError that the job ended with; cancelled where the connection is closed
 */
export async function runUnkept<Result>(
  client: StudioClient,
  signal: AbortSignal,
  { start, onStart, read }: UnkeptJob<Result>,
): Promise<Result> {
  if (signal.aborted) throw new StudioError('cancelled', 'The connection is closed.');
  const { promise: ended, resolve } = Promise.withResolvers<JobRecord>();
  let jobId: string | null = null;
  const stopJobs = client.on('job.changed', (job) => {
    if (job.id === jobId && isOver(job)) resolve(job);
  });
  const cancel = (): void => {
    // The job may have ended just now.
    if (jobId !== null) client.request('jobs.cancel', { id: jobId }).catch(() => undefined);
  };
  try {
    const { id } = await start();
    jobId = id;
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    onStart?.(id);
    const now = await client.request('jobs.get', { id });
    const job = isOver(now) ? now : await ended;
    if (job.error !== null) throw jobError(job);
    return await read(job);
  } finally {
    signal.removeEventListener('abort', cancel);
    stopJobs();
    // Jobs left behind, e.g. by a kill, are removed at the next start.
    if (jobId !== null) await client.request('generation.remove', { id: jobId }).catch(() => undefined);
  }
}
