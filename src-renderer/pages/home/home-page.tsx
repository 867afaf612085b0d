import { Skeleton } from '@mantine/core';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { plural } from '../../components/format/format.ts';
import { Page } from '../../components/layout/page.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { CurrentJobs } from '../../features/home/current-jobs.tsx';
import { DemoButton } from '../../features/home/demo-button.tsx';
import { Failures } from '../../features/home/failures.tsx';
import { FirstSteps } from '../../features/home/first-steps.tsx';
import classes from '../../features/home/home.module.css';
import { LatestReport } from '../../features/home/latest-report.tsx';
import { MachinePanel } from '../../features/home/machine-panel.tsx';
import { PausedRuns } from '../../features/home/paused-runs.tsx';
import { RecentRuns } from '../../features/home/recent-runs.tsx';
import { useFirstSteps } from '../../features/home/use-first-steps.ts';

/** What runs, what waits, what failed and why, what finished; and the first steps until they are done. */
export default function HomePage() {
  const runs = useRequest('runs.list', {});
  const jobs = useRequest('jobs.list', { active: true });
  const studies = useRequest('studies.list', {});
  const steps = useFirstSteps(runs.data, studies.data);
  const isNew = runs.data?.length === 0 && jobs.data?.length === 0;
  const error = runs.error ?? jobs.error ?? studies.error;
  return (
    <Page title="Home" state={runs.data && !isNew ? summary(runs.data.length, studies.data?.length ?? 0) : null}>
      {error ? <ErrorNote error={error} action={{ label: 'Try again', onClick: () => void runs.refetch() }} /> : null}
      {runs.data ? (
        <div className={classes['columns']}>
          <div className={classes['column']}>
            {isNew && steps.isShown ? null : <CurrentJobs jobs={jobs.data ?? []} runs={runs.data} />}
            <PausedRuns runs={runs.data} jobs={jobs.data ?? []} />
            <Failures runs={runs.data} studies={studies.data ?? []} />
            {steps.isShown ? <FirstSteps steps={steps} /> : null}
            <RecentRuns runs={runs.data} />
          </div>
          <div className={classes['column']}>
            <MachinePanel />
            <LatestReport />
            {steps.isShown && steps.demo !== 'done' ? null : (
              <Panel title="Demo study" note="bundled base and data">
                <div className={classes['stack']}>
                  <span className={classes['quiet']}>
                    LoRA with and without CoTo, two seeds each, then merged and pruned, with a report.
                  </span>
                  <DemoButton filled={false} />
                </div>
              </Panel>
            )}
          </div>
        </div>
      ) : error ? null : (
        <Skeleton height={320} />
      )}
    </Page>
  );
}

function summary(runs: number, studies: number): string {
  return studies > 0 ? `${plural(runs, 'run')}, ${plural(studies, 'study', 'studies')}` : plural(runs, 'run');
}
