import { type JobKind, jobInfo, jobKindSchema } from '../../../src-shared/domain/jobs/job.ts';
import { useRequest } from '../../api/query.ts';
import { JobProgress } from './job-progress.tsx';
import classes from './jobs.module.css';

/** The jobs that wait or go on and whose result a page shows. */
export function JobsOfPage({ page }: { page: string }) {
  return <JobsOf kinds={jobKindSchema.options.filter((kind) => jobInfo(kind).page === page)} />;
}

/** The jobs of these kinds that wait or go on, each with its progress and a button to cancel it. */
export function JobsOf({ kinds }: { kinds: readonly JobKind[] }) {
  const { data } = useRequest('jobs.list', { active: true });
  const jobs = (data ?? []).filter(({ kind }) => kinds.includes(kind));
  if (jobs.length === 0) return null;
  return (
    <div className={classes['jobs']}>
      {jobs.map((job) => (
        <JobProgress key={job.id} job={job} />
      ))}
    </div>
  );
}
