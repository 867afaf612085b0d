import type { JobRecord } from '../../../src-shared/domain/job.ts';
import { useRequest } from '../../api/query.ts';

/** A job as it stands now; its changes come by events. */
export function useJob(id: string | null): JobRecord | undefined {
  return useRequest('jobs.get', { id: id ?? '' }, { enabled: id !== null }).data;
}

/** The job that works on a run, study or adapter now, if any. */
export function useJobOf(subjectId: string): JobRecord | undefined {
  const { data } = useRequest('jobs.list', {});
  return data?.find((job) => job.subjectId === subjectId);
}
