import { dataJobKinds } from '../../../src-shared/domain/job.ts';
import { useRequest } from '../../api/query.ts';
import { JobProgress } from '../jobs/job-progress.tsx';
import classes from './data.module.css';

/** The data sets that are being read, each with how far that is and a button to cancel it. */
export function DatasetJobs() {
  const { data } = useRequest('jobs.list', {});
  const jobs = (data ?? []).filter(({ kind }) => dataJobKinds.has(kind));
  if (jobs.length === 0) return null;
  return (
    <div className={classes['jobs']}>
      {jobs.map((job) => (
        <JobProgress key={job.id} job={job} />
      ))}
    </div>
  );
}
