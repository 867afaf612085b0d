import { Skeleton } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useRequest } from '../../api/query.ts';
import { Link, pathOf } from '../../app/routes.tsx';
import { Panel } from '../../components/panel.tsx';
import { JobProgress } from '../jobs/job-progress.tsx';
import { useJob } from '../jobs/use-job.ts';
import { StudyView } from '../studies/study-view.tsx';
import { ResultMatrix } from './result-matrix.tsx';

/** The last merge: its progress, then the matrix of tasks × (own, merged, base). */
export function MergeOutcome({ jobId }: { jobId: string }) {
  const job = useJob(jobId);
  const done = job?.status === 'completed';
  const { data } = useRequest('merge.result', { jobId }, { enabled: done });
  const place = useRef<HTMLDivElement>(null);
  // A merge that was just started is below the preflight, often out of sight.
  useEffect(() => {
    if (jobId) place.current?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  }, [jobId, done]);
  return (
    <div ref={place}>
      <Panel title="Result" note={job?.title}>
        <JobProgress job={job} />
        {done ? data ? <ResultMatrix matrix={data.matrix} /> : <Skeleton h={80} /> : null}
      </Panel>
    </div>
  );
}

/** The last study that was started from the bench. */
export function StudyOutcome({ studyId }: { studyId: string }) {
  const { data: study } = useRequest('studies.get', { id: studyId });
  if (!study) return <Skeleton h={200} />;
  return (
    <Panel title={study.name} aside={<Link to={pathOf('studies', study.id)}>Open the study</Link>}>
      <StudyView study={study} />
    </Panel>
  );
}
