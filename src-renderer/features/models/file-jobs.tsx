import { fileJobKinds } from '../../../src-shared/domain/job.ts';
import { useRequest } from '../../api/query.ts';
import { JobProgress } from '../jobs/job-progress.tsx';
import classes from './models.module.css';

/** The conversions and downloads that wait or go on, each with its progress and a button to cancel it. */
export function FileJobs() {
  const { data } = useRequest('jobs.list', {});
  const jobs = (data ?? []).filter(({ kind }) => fileJobKinds.has(kind));
  if (jobs.length === 0) return null;
  return (
    <div className={classes['jobs']}>
      {jobs.map((job) => (
        <JobProgress key={job.id} job={job} />
      ))}
    </div>
  );
}
