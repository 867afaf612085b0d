import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type JobRecord, jobInfo } from '../../../src-shared/domain/jobs/job.ts';
import type { JobRepository } from '../../store/repositories/jobs.ts';

/** Puts a queued job before another one of the queue; null: at its end. @throws StudioError refused for one that is not queued */
export function moveInQueue(jobs: JobRepository, jobId: string, before: string | null): void {
  const queued = jobs.withStatus('queued').map(({ id }) => id);
  for (const id of before === null ? [jobId] : [jobId, before])
    if (!queued.includes(id))
      throw new StudioError('refused', 'This job is no longer queued.', 'It has started or was cancelled.');
  if (jobId === before) return;
  const others = queued.filter((id) => id !== jobId);
  const at = before === null ? others.length : others.indexOf(before);
  jobs.arrange(others.toSpliced(at, 0, jobId));
}

/** A paused queue starts no training and no study; short jobs that somebody waits for are started all the same. */
export function waitsInPausedQueue({ kind, parentId }: JobRecord): boolean {
  return parentId !== null || jobInfo(kind).atClose === 'pause';
}
