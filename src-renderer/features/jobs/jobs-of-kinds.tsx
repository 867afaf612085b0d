import type { JobKind } from '../../../src-shared/domain/job.ts';
import { useRequest } from '../../api/query.ts';
import { JobProgress } from './job-progress.tsx';
import classes from './jobs.module.css';

/** The jobs of some kinds that wait or go on, each with its progress and a button to cancel it. */
export function JobsOfKinds({ kinds }: { kinds: ReadonlySet<JobKind> }) {
  const { data } = useRequest('jobs.list', {});
  const jobs = (data ?? []).filter(({ kind }) => kinds.has(kind));
  if (jobs.length === 0) return null;
  return (
    <div className={classes['jobs']}>
      {jobs.map((job) => (
        <JobProgress key={job.id} job={job} />
      ))}
    </div>
  );
}
