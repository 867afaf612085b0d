import { Skeleton } from '@mantine/core';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { Checklist } from '../../features/home/checklist.tsx';
import { ContinuePanel } from '../../features/home/continue-panel.tsx';
import { DemoButton } from '../../features/home/demo-button.tsx';
import { DemoFindings } from '../../features/home/demo-findings.tsx';
import classes from '../../features/home/home.module.css';
import { MachinePanel } from '../../features/home/machine-panel.tsx';
import { NowPanel } from '../../features/home/now-panel.tsx';
import { RecentRuns } from '../../features/home/recent-runs.tsx';
import { SinceAway } from '../../features/home/since-away.tsx';
import { useChecklist } from '../../features/home/use-checklist.ts';
import { homeStrings as strings } from '../../strings/home.ts';

/**
 * Shows running and queued jobs, recent events and places to resume; new users see the first steps until they dismiss
 * them.
 */
export default function HomePage() {
  const runs = useRequest('runs.list', { archived: false });
  const jobs = useRequest('jobs.list', { active: true });
  const studies = useRequest('studies.list', {});
  const checklist = useChecklist(studies.data);
  const isNew = runs.data?.length === 0 && jobs.data?.length === 0;
  const error = runs.error ?? jobs.error ?? studies.error;
  const isDemoOpen = checklist.isShown && checklist.steps.some(({ id, state }) => id === 'demo' && state !== 'done');
  return (
    <Page
      title={strings.title}
      state={runs.data && !isNew ? strings.summary(runs.data.length, studies.data?.length ?? 0) : null}
    >
      {error ? (
        <ErrorNote error={error} action={{ label: strings.tryAgain, onClick: () => void runs.refetch() }} />
      ) : null}
      {runs.data ? (
        <div className={classes['columns']}>
          <div className={classes['column']}>
            {isNew && checklist.isShown ? null : <NowPanel jobs={jobs.data ?? []} runs={runs.data} />}
            <SinceAway runs={runs.data} studies={studies.data ?? []} jobs={jobs.data ?? []} />
            <DemoFindings studies={studies.data ?? []} />
            {checklist.isShown ? <Checklist checklist={checklist} /> : null}
            <RecentRuns runs={runs.data} />
          </div>
          <div className={classes['column']}>
            <ContinuePanel />
            <MachinePanel />
            {isDemoOpen ? null : (
              <Panel title={strings.demo.title} note={strings.demo.note}>
                <div className={classes['stack']}>
                  <span className={classes['quiet']}>{strings.demo.text}</span>
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
