import { isOver, type JobKind, type JobRecord, type JobResult, resultOf } from '../../../src-shared/domain/jobs/job.ts';
import { useRequest } from '../../api/query.ts';

/** The job that works on a run, study or adapter now, if any. */
export function useJobOf(subjectId: string): JobRecord | undefined {
  const { data } = useRequest('jobs.list', { active: true });
  return data?.find((job) => job.subjectId === subjectId);
}

/** A job by its id; undefined as long as there is none. */
export function useJob(id: string | null): JobRecord | undefined {
  const { data } = useRequest('jobs.get', { id: id ?? '' }, { enabled: id !== null });
  return id === null ? undefined : data;
}

/** Returns true if a job is queued or running. */
export function isActive(job: JobRecord | undefined): boolean {
  return job !== undefined && !isOver(job);
}

/** The result of a job; null until it has one, and where it ended without. */
export function useJobResult<Kind extends JobKind>(job: JobRecord | undefined, kind: Kind): JobResult<Kind> | null {
  const hasEnded = job !== undefined && !isActive(job);
  const { data } = useRequest('jobs.result', { id: job?.id ?? '' }, { enabled: hasEnded });
  return data && hasEnded ? resultOf(data, kind) : null;
}
