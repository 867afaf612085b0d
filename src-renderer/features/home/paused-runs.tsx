import { Button } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import type { JobRecord } from '../../../src-shared/domain/job.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { useAction } from '../../api/query.ts';
import { Link, pathOf } from '../../app/routes.tsx';
import { formatCount, plural } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import classes from './home.module.css';

interface PausedRunsProps {
  runs: readonly RunRecord[];
  /** The jobs of the runs: they know whether closing the studio paused them. */
  jobs: readonly JobRecord[];
}

/** Runs that wait to be resumed while the queue goes on without them. A study resumes its own. */
export function PausedRuns({ runs, jobs }: PausedRunsProps) {
  const resume = useAction('runs.resume', { failureTitle: 'The run was not resumed' });
  // A study's own job is the parent of its trainings; those of the demo have none, and nothing else resumes them.
  const jobOf = new Map(jobs.filter(({ parentId }) => parentId === null).map((job) => [job.subjectId, job]));
  const paused = runs.filter((run) => run.status === 'paused' && jobOf.has(run.id));
  if (paused.length === 0) return null;
  const byQuitting = paused.filter(({ id }) => jobOf.get(id)?.error != null).length;
  return (
    <Panel
      title="Paused"
      note={byQuitting > 0 ? `${plural(byQuitting, 'run was', 'runs were')} paused when you quit` : 'not in the queue'}
      aside={
        paused.length > 1 ? (
          <Button
            variant="default"
            size="compact-sm"
            onClick={() => {
              for (const { id } of paused) resume.mutate({ id });
            }}
          >
            Resume all
          </Button>
        ) : null
      }
      flush
    >
      {paused.map((run) => (
        <div key={run.id} className={classes['pausedRun']}>
          <Link to={pathOf('runs', run.id)} className={classes['jobTitle'] ?? ''}>
            {run.name}
          </Link>
          <span className={classes['quiet']}>{stepText(run)}</span>
          <Button
            variant="default"
            aria-label={`Resume ${run.name}`}
            leftSection={<IconPlayerPlay size={14} />}
            onClick={() => resume.mutate({ id: run.id })}
          >
            Resume
          </Button>
        </div>
      ))}
    </Panel>
  );
}

function stepText({ step, facts }: RunRecord): string {
  if (step === 0) return 'not started';
  return facts ? `step ${formatCount(step)} of ${formatCount(facts.totalSteps)}` : `step ${formatCount(step)}`;
}
