import { ActionIcon, Button } from '@mantine/core';
import { IconPlayerPlay, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { headlineText } from '../../../src-shared/results/headline.ts';
import { useAction } from '../../api/query.ts';
import { Link, pathOf } from '../../app/routes.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { StatusMark } from '../../components/feedback/status-mark.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { homeStrings as strings } from '../../strings/home.ts';
import { useResumeRun } from '../runs/actions/use-resume-run.tsx';
import { resumeLabel } from '../runs/run-labels.ts';
import { type Entry, keyOf, whatHappened } from './away.ts';
import { useAwaySince } from './away-since.ts';
import { useDismissed } from './dismissed.ts';
import classes from './home.module.css';

const shown = 4;

interface SinceAwayProps {
  runs: readonly RunRecord[];
  studies: readonly StudyRecord[];
  /** The jobs of the runs: they know whether closing the studio paused them. */
  jobs: readonly JobRecord[];
}

/** Lists jobs that finished, failed or paused while the user was away; each can be resumed or dismissed. */
export function SinceAway({ runs, studies, jobs }: SinceAwayProps) {
  const since = useAwaySince();
  const { isDismissed, dismiss } = useDismissed();
  const { resumeRun } = useResumeRun(strings.runNotResumed);
  const resumeStudy = useAction('studies.resume', { failureTitle: strings.studyNotResumed });
  const happened = whatHappened({ runs, studies, jobs, since });
  const { paused, byQuitting } = happened;
  const failed = happened.failed.filter((entry) => !isDismissed(keyOf(entry)));
  const finished = happened.finished.filter((entry) => !isDismissed(keyOf(entry)));
  if (paused.length + failed.length + finished.length === 0) return null;
  const dismissable = [...failed, ...finished];
  const lost = failed.filter(({ record }) => record.status === 'failed').length;
  const note = [
    ...(finished.length > 0 ? [strings.finishedCount(finished.length)] : []),
    ...(lost > 0 ? [strings.failedCount(lost)] : []),
    ...(failed.length > lost ? [strings.interruptedCount(failed.length - lost)] : []),
    ...(byQuitting > 0
      ? [strings.pausedByQuitting(byQuitting)]
      : paused.length > 0
        ? [strings.pausedCount(paused.length)]
        : []),
  ].join(' · ');
  const resume = (entry: Entry): FailedRowProps['action'] => {
    if (entry.kind === 'study')
      return { label: strings.resume, onClick: () => resumeStudy.mutate({ id: entry.record.id }) };
    const label = resumeLabel(entry.record);
    return label === null ? null : { label, onClick: () => resumeRun(entry.record) };
  };
  return (
    <Panel
      title={finished.length > 0 || byQuitting > 0 ? strings.away : strings.attention}
      note={note}
      aside={
        <>
          {paused.length > 1 ? (
            <Button
              variant="default"
              size="compact-sm"
              onClick={() => {
                for (const run of paused) resumeRun(run);
              }}
            >
              {strings.resumeAll}
            </Button>
          ) : null}
          {dismissable.length > 1 ? (
            <Button variant="default" size="compact-sm" onClick={() => dismiss(dismissable.map(keyOf))}>
              {strings.dismissAll}
            </Button>
          ) : null}
        </>
      }
      flush
    >
      {paused.map((run) => (
        <div key={run.id} className={classes['awayRow']}>
          <Link to={pathOf('runs', run.id)} className={classes['jobTitle'] ?? ''}>
            {run.name}
          </Link>
          <span className={classes['quiet']}>
            {run.step === 0 ? strings.notStarted : strings.step(run.step, run.facts?.totalSteps ?? null)}
          </span>
          <Button
            variant="default"
            aria-label={strings.resumeOne(run.name)}
            leftSection={<IconPlayerPlay size={14} />}
            onClick={() => resumeRun(run)}
          >
            {strings.resume}
          </Button>
        </div>
      ))}
      {failed.slice(0, shown).map((entry) => (
        <FailedRow
          key={entry.record.id}
          entry={entry}
          action={resume(entry)}
          onDismiss={() => dismiss([keyOf(entry)])}
        />
      ))}
      {finished.slice(0, shown).map((entry) => (
        <div key={entry.record.id} className={classes['awayRow']}>
          <EntryTitle entry={entry} />
          <span>{entry.kind === 'run' ? headlineText(entry.record.result) : ''}</span>
          <DismissButton entry={entry} onDismiss={() => dismiss([keyOf(entry)])} />
        </div>
      ))}
      <More count={Math.max(0, failed.length - shown) + Math.max(0, finished.length - shown)} />
    </Panel>
  );
}

interface FailedRowProps {
  entry: Entry;
  /** The way on; null if there is none. */
  action: { label: string; onClick: () => void } | null;
  onDismiss: () => void;
}

function FailedRow({ entry, action, onDismiss }: FailedRowProps) {
  return (
    <div className={classes['failure']}>
      <div className={classes['failureTitle']}>
        <EntryTitle entry={entry} />
        <DismissButton entry={entry} onDismiss={onDismiss} />
      </div>
      <ErrorNote
        error={entry.record.error ?? { message: strings.quitDuring, hint: null }}
        isFailure={entry.record.status === 'failed'}
        {...(action === null ? {} : { action })}
      />
    </div>
  );
}

function EntryTitle({ entry: { kind, record } }: { entry: Entry }) {
  return (
    <span className={classes['entryTitle']}>
      <Link to={pathOf(kind === 'run' ? 'runs' : 'studies', record.id)} className={classes['jobTitle'] ?? ''}>
        {record.name}
      </Link>
      <StatusMark status={record.status} />
      <span className={classes['quiet']}>
        <RelativeTime at={record.finishedAt ?? record.createdAt} />
      </span>
    </span>
  );
}

function DismissButton({ entry, onDismiss }: { entry: Entry; onDismiss: () => void }): ReactNode {
  return (
    <ActionIcon size={20} aria-label={strings.dismissOne(entry.record.name)} onClick={onDismiss}>
      <IconX size={14} />
    </ActionIcon>
  );
}

function More({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <div className={`${classes['awayRow']} ${classes['quiet']}`}>
      <span>{strings.more(count)}</span>
      <Link to="/runs">{strings.recent.all}</Link>
    </div>
  );
}
