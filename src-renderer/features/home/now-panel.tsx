import { Button, Progress, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { type JobRecord, jobInfo } from '../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { useAction } from '../../api/query.ts';
import { jobPath } from '../../app/job-path.ts';
import { Link } from '../../app/routes.tsx';
import { formatDuration, formatNumber } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { appStrings } from '../../strings/app.ts';
import { homeStrings as strings } from '../../strings/home.ts';
import { jobsStrings } from '../../strings/jobs.ts';
import { askToDiscard } from '../runs/actions/discard-run.tsx';
import classes from './home.module.css';
import { LiveRun } from './live-run.tsx';
import { QueueList } from './queue-list.tsx';

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
  // A part is told by the line of the study or report that started it.
  const shown = running.filter(({ parentId }) => !running.some(({ id }) => id === parentId));
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
          {shown.map((job) => (
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
    jobsStrings.done(done, total, unit),
    ...(perSecond === null ? [] : [`${formatNumber(perSecond)} ${unit}/s`]),
    ...(etaSeconds === null ? [] : [jobsStrings.left(formatDuration(etaSeconds))]),
  ].join(' · ');
}

/** Cancels a job; a run that would lose what it has learned only after a question. */
function useCancel(runs: readonly RunRecord[]): (job: JobRecord) => void {
  const cancel = useAction('jobs.cancel', { failureTitle: jobsStrings.notCancelled });
  const stop = useAction('runs.stop', { failureTitle: strings.jobNotStopped });
  return (job) => {
    const onDiscard = () => cancel.mutate({ id: job.id });
    const run = job.kind === 'train' ? runs.find(({ id }) => id === job.subjectId) : undefined;
    const isRunning = job.status === 'running';
    // A run of the queue that was resumed has learned something, too.
    if (run && (isRunning || run.step > 0))
      askToDiscard({
        name: run.name,
        onDiscard,
        ...(isRunning ? { onStop: () => stop.mutate({ id: run.id }) } : {}),
      });
    else if (isRunning && losesWork(job.kind)) askToCancel(job, onDiscard);
    else onDiscard();
  };
}

/** Jobs that save their progress are long: what they have done is not thrown away by one click. */
function losesWork(kind: JobRecord['kind']): boolean {
  return jobInfo(kind).atClose === 'pause';
}

function askToCancel({ kind, title }: JobRecord, onConfirm: () => void): void {
  modals.openConfirmModal({
    title: appStrings.cancelQuestion(title),
    children: <Text>{kind === 'study' ? appStrings.cancelConsequence : strings.cancelEndsAtOnce}</Text>,
    labels: { confirm: appStrings.cancelTheJob, cancel: appStrings.keepRunning },
    confirmProps: { color: 'red.9' },
    onConfirm,
  });
}
