import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import { Link, pathOf } from '../../app/routes.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import classes from './home.module.css';

const shown = 4;

/** What failed or was interrupted last, each with the reason and the way out. */
export function Failures({ runs, studies }: { runs: readonly RunRecord[]; studies: readonly StudyRecord[] }) {
  const failed = [
    ...runs.map((run) => ({ ...run, path: pathOf('runs', run.id) })),
    ...studies.map((study) => ({ ...study, path: pathOf('studies', study.id) })),
  ]
    .filter((entry) => entry.status === 'failed' || entry.status === 'interrupted')
    .sort((left, right) => (right.finishedAt ?? right.createdAt) - (left.finishedAt ?? left.createdAt))
    .slice(0, shown);
  if (failed.length === 0) return null;
  return (
    <Panel title="Needs attention" flush>
      {failed.map((entry) => (
        <div key={entry.id} className={classes['failure']}>
          <div className={classes['failureTitle']}>
            <Link to={entry.path}>{entry.name}</Link>
            <span className={classes['quiet']}>{entry.status}</span>
            <span className={classes['quiet']}>
              <RelativeTime at={entry.finishedAt ?? entry.createdAt} />
            </span>
          </div>
          <ErrorNote
            error={
              entry.error ?? {
                message: 'CoTo Studio quit during this run.',
                hint: 'Open it to resume from the last checkpoint where there is one.',
              }
            }
          />
        </div>
      ))}
    </Panel>
  );
}
