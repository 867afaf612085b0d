import { type JobRecord, jobInfo } from '../../src-shared/domain/jobs/job.ts';
import { pathOf } from './routes.tsx';

/** Returns the path of the page that shows a job's result. */
export function jobPath({ kind, status, subjectId }: JobRecord): string {
  const { page, subjectHasPage } = jobInfo(kind);
  const hasPage = subjectHasPage === 'always' || (subjectHasPage === 'when completed' && status === 'completed');
  return hasPage && subjectId !== null ? pathOf(page, subjectId) : `/${page}`;
}
