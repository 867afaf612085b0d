import { ActionIcon, Button, Progress, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconX } from '@tabler/icons-react';
import { type JobRecord, jobInfo } from '../../../src-shared/domain/job.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { useAction } from '../../api/query.ts';
import { jobPath } from '../../app/job-path.ts';
import { Link } from '../../app/routes.tsx';
import { formatDuration, formatNumber, plural } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { askToDiscard } from '../runs/discard-run.tsx';
import classes from './home.module.css';

const shownQueued = 5;

interface CurrentJobsProps {
  jobs: readonly JobRecord[];
  runs: readonly RunRecord[];
}

/** What runs now, with progress and the time it still takes, and what waits behind it. */
export function CurrentJobs({ jobs, runs }: CurrentJobsProps) {
  const cancel = useCancel(runs);
  const running = jobs.filter((job) => job.status === 'running');
  const queued = jobs.filter((job) => job.status === 'queued');
  return (
    <Panel title="Running now" note={queued.length > 0 ? `${plural(queued.length, 'job')} queued` : null}>
      {running.length === 0 && queued.length === 0 ? (
        <span className={classes['quiet']}>
          Nothing. <Link to="/train">Set up a run</Link> and it starts here.
        </span>
      ) : (
        <div className={classes['jobs']}>
          {running.map((job) => (
            <RunningJob key={job.id} job={job} onCancel={() => cancel(job)} />
          ))}
          {queued.length > 0 ? (
            <ol className={classes['queue']} aria-label="Queued jobs">
              {queued.slice(0, shownQueued).map((job, index) => (
                <li key={job.id} className={classes['queued']}>
                  <span className={classes['quiet']}>{index + 1}</span>
                  <span className={classes['jobTitle']}>{job.title}</span>
                  <ActionIcon size={20} ml="auto" aria-label={`Cancel ${job.title}`} onClick={() => cancel(job)}>
                    <IconX size={14} />
                  </ActionIcon>
                </li>
              ))}
              {queued.length > shownQueued ? (
                <li className={`${classes['queued']} ${classes['quiet']}`}>and {queued.length - shownQueued} more</li>
              ) : null}
            </ol>
          ) : null}
        </div>
      )}
    </Panel>
  );
}

/** Cancels a job; a run that would lose what it has learned only after a question. */
function useCancel(runs: readonly RunRecord[]): (job: JobRecord) => void {
  const cancel = useAction('jobs.cancel', { failureTitle: 'The job was not cancelled' });
  const stop = useAction('runs.stop', { failureTitle: 'The run was not stopped' });
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
    title: `Cancel "${title}"?`,
    children: (
      <Text>
        {kind === 'study'
          ? 'It ends without a result. Runs and scores that are finished are kept.'
          : 'It ends at once, and nothing is saved.'}
      </Text>
    ),
    labels: { confirm: 'Cancel the job', cancel: 'Keep running' },
    confirmProps: { color: 'red.9' },
    onConfirm,
  });
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
        Cancel
      </Button>
      {progress?.total === 0 ? null : (
        <Progress className={classes['wide'] ?? ''} value={share * 100} aria-label={`Progress of ${job.title}`} />
      )}
      <span className={`${classes['jobLine']} ${classes['wide']}`}>
        {progress
          ? [
              progress.phase,
              `${Math.round(progress.done)}${progress.total === 0 ? '' : ` of ${Math.round(progress.total)}`} ${progress.unit}`,
              ...(progress.perSecond === null ? [] : [`${formatNumber(progress.perSecond)} ${progress.unit}/s`]),
              ...(progress.etaSeconds === null ? [] : [`${formatDuration(progress.etaSeconds)} left`]),
            ].join(' · ')
          : 'Starting'}
      </span>
    </div>
  );
}
