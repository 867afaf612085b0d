import { type JobLane, jobInfo } from '../../../src-shared/domain/job.ts';
import { useRequest } from '../../api/query.ts';
import { JobProgress } from './job-progress.tsx';
import classes from './jobs.module.css';

/** The jobs of a lane that wait or go on, each with its progress and a button to cancel it. */
export function JobsOfLane({ lane }: { lane: JobLane }) {
  const { data } = useRequest('jobs.list', { active: true });
  const jobs = (data ?? []).filter(({ kind }) => jobInfo(kind).lane === lane);
  if (jobs.length === 0) return null;
  return (
    <div className={classes['jobs']}>
      {jobs.map((job) => (
        <JobProgress key={job.id} job={job} />
      ))}
    </div>
  );
}
