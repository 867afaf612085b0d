import { Button, Group, Skeleton } from '@mantine/core';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { headlineOf } from '../../../src-shared/results/headline.ts';
import { useRequest } from '../../api/query.ts';
import { Link, navigate } from '../../app/routes.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { StatusMark } from '../../components/feedback/status-mark.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Page } from '../../components/layout/page.tsx';
import { AdapterItems } from '../../features/merge/adapter-items.tsx';
import { CotoMark } from '../../features/runs/coto-mark.tsx';
import { useRunActions } from '../../features/runs/run-actions.tsx';
import { RunView } from '../../features/runs/run-view.tsx';

/** One run on a page of its own. */
export function RunPage({ id }: { id: string }) {
  const { data, error } = useRequest('runs.get', { id });
  if (error)
    return (
      <Page title="Run">
        <ErrorNote error={error} />
        <EmptyState action={<Button onClick={() => navigate('/runs')}>All runs</Button>}>
          This run is not in the studio any more.
        </EmptyState>
      </Page>
    );
  if (!data)
    return (
      <Page title="Run">
        <Skeleton h={300} />
      </Page>
    );
  return <LoadedRun run={data} />;
}

function LoadedRun({ run }: { run: RunRecord }) {
  const { buttons, more } = useRunActions(run);
  const score = headlineOf(run.result);
  const { data: adapter } = useRequest(
    'adapters.get',
    { id: run.adapterId ?? '' },
    { enabled: run.adapterId !== null },
  );
  return (
    <Page
      title={run.name}
      state={
        <Group gap={12} wrap="nowrap">
          <Link to="/runs">All runs</Link>
          <StatusMark status={run.status} />
          <CotoMark on={run.config.coto !== null} />
          {score === null ? null : (
            <span>
              {score.label} {score.text}
            </span>
          )}
          <RelativeTime at={run.createdAt} />
        </Group>
      }
      actions={buttons}
      more={more}
      moreAbove={adapter ? <AdapterItems adapter={adapter} /> : null}
    >
      <RunView run={run} />
    </Page>
  );
}
