import type { JobRecord } from '../../../src-shared/domain/job.ts';
import { useRequest } from '../../api/query.ts';

/** The job that works on a run, study or adapter now, if any. */
export function useJobOf(subjectId: string): JobRecord | undefined {
  const { data } = useRequest('jobs.list', { active: true });
  return data?.find((job) => job.subjectId === subjectId);
}
