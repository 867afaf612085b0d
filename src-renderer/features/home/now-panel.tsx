import { Button, Progress } from '@mantine/core';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { jobPath } from '../../app/job-path.ts';
import { Link } from '../../app/routes.tsx';
import { formatCount, formatDuration, formatNumber } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { homeStrings as strings } from '../../strings/home.ts';
import classes from './home.module.css';
import { LiveRun } from './live-run.tsx';
import { QueueList } from './queue-list.tsx';
import { useCancel } from './use-cancel.tsx';

interface NowPanelProps {
  /** The active jobs, in the order of the queue. */
  jobs: readonly JobRecord[];
  runs: readonly RunRecord[];
}

/** Shows the running job with its loss and active layers, and the queue behind it. */
export function NowPanel({ jobs, runs }: NowPanelProps) {
  const cancel = useCancel(runs);
  const running = jobs.filter((job) => job.status === 'running');
  const queued = jobs.filter((job) => job.status === 'queued');
  const live = running.flatMap((job) =>
    job.kind === 'train' ? (runs.find(({ id }) => id === job.subjectId) ?? []) : [],
  );
  const [first] = live;
  return (
    <Panel title={strings.now}>
      {running.length === 0 ? (
        <span className={classes['quiet']}>
          {strings.nothing}{' '}
          {queued.length === 0 ? (
            <Link to="/train" underline="always">
              {strings.startRun}
            </Link>
          ) : null}
        </span>
      ) : (
        <div className={classes['jobs']}>
          {running.map((job) => (
            <RunningJob key={job.id} job={job} onCancel={() => cancel(job)} />
          ))}
          {first === undefined ? null : <LiveRun key={first.id} run={first} />}
        </div>
      )}
      {queued.length > 0 ? <QueueList jobs={jobs} runs={runs} onCancel={cancel} /> : null}
    </Panel>
  );
}

function RunningJob({ job, onCancel }: { job: JobRecord; onCancel: () => void }) {
  const { progress } = job;
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  return (
    <div className={classes['job']}>
      <Link to={jobPath(job)} className={classes['jobTitle'] ?? ''}>
        {job.title}
      </Link>
      <Button variant="default" onClick={onCancel}>
        {strings.cancel}
      </Button>
      {progress?.total === 0 ? null : (
        <Progress className={classes['wide'] ?? ''} value={share * 100} aria-label={strings.progressOf(job.title)} />
      )}
      <span className={`${classes['jobLine']} ${classes['wide']}`}>
        {progress ? progressText(progress) : strings.starting}
      </span>
    </div>
  );
}

function progressText({ phase, done, total, unit, perSecond, etaSeconds }: NonNullable<JobRecord['progress']>): string {
  return [
    phase,
    `${formatCount(done)}${total === 0 ? '' : ` of ${formatCount(total)}`} ${unit}`,
    ...(perSecond === null ? [] : [`${formatNumber(perSecond)} ${unit}/s`]),
    ...(etaSeconds === null ? [] : [`${formatDuration(etaSeconds)} left`]),
  ].join(' · ');
}
