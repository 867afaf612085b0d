import { ActionIcon, Button } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import { useAction } from '../../api/query.ts';
import { Link, pathOf } from '../../app/routes.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { canResume } from '../runs/run-labels.ts';
import { useDismissed } from './dismissed.ts';
import classes from './home.module.css';

const shown = 4;

/** A run that fails again after it was dismissed is shown again. */
function keyOf({ id, finishedAt }: RunRecord | StudyRecord): string {
  return `${id} ${finishedAt}`;
}

/** What failed or was interrupted last, each with the reason and the way out, until it is dismissed. */
export function Failures({ runs, studies }: { runs: readonly RunRecord[]; studies: readonly StudyRecord[] }) {
  const { isDismissed, dismiss } = useDismissed();
  const resumeRun = useAction('runs.resume', { failureTitle: 'The run was not resumed' });
  const resumeStudy = useAction('studies.resume', { failureTitle: 'The study was not resumed' });
  const failed = [
    ...runs.map((run) => ({
      ...run,
      path: pathOf('runs', run.id),
      resume: canResume(run) ? () => resumeRun.mutate({ id: run.id }) : null,
    })),
    ...studies.map((study) => ({
      ...study,
      path: pathOf('studies', study.id),
      resume: () => resumeStudy.mutate({ id: study.id }),
    })),
  ]
    .filter((entry) => entry.status === 'failed' || entry.status === 'interrupted')
    .filter((entry) => !isDismissed(keyOf(entry)))
    .sort((left, right) => (right.finishedAt ?? right.createdAt) - (left.finishedAt ?? left.createdAt));
  if (failed.length === 0) return null;
  return (
    <Panel
      title="Needs attention"
      note={failed.length > shown ? `${shown} of ${failed.length}` : null}
      aside={
        failed.length > 1 ? (
          <Button variant="default" size="compact-sm" onClick={() => dismiss(failed.map(keyOf))}>
            Dismiss all
          </Button>
        ) : null
      }
      flush
    >
      {failed.slice(0, shown).map((entry) => (
        <div key={entry.id} className={classes['failure']}>
          <div className={classes['failureTitle']}>
            <Link to={entry.path}>{entry.name}</Link>
            <span className={classes['quiet']}>{entry.status}</span>
            <span className={classes['quiet']}>
              <RelativeTime at={entry.finishedAt ?? entry.createdAt} />
            </span>
            <ActionIcon size={20} aria-label={`Dismiss ${entry.name}`} onClick={() => dismiss([keyOf(entry)])}>
              <IconX size={14} />
            </ActionIcon>
          </div>
          <ErrorNote
            error={
              entry.error ?? {
                message: 'CoTo Studio quit during this run.',
                hint: null,
              }
            }
            {...(entry.resume === null ? {} : { action: { label: 'Resume', onClick: entry.resume } })}
          />
        </div>
      ))}
    </Panel>
  );
}
