import { Button, Skeleton } from '@mantine/core';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { useRequest } from '../../api/query.ts';
import { navigate } from '../../app/routes.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Page } from '../../components/layout/page.tsx';
import { AdapterItems } from '../../features/merge/adapter-items.tsx';
import { useRunActions } from '../../features/runs/actions/run-actions.tsx';
import { RunState } from '../../features/runs/page/run-heading.tsx';
import { RunView } from '../../features/runs/page/run-view.tsx';
import { runStrings as words } from '../../strings/run.ts';

const crumb = { label: words.all, path: '/runs' };

/** One run on a page of its own. */
export function RunPage({ id }: { id: string }) {
  const { data, error } = useRequest('runs.get', { id });
  if (error)
    return (
      <Page crumb={crumb} title={words.loading}>
        <ErrorNote error={error} />
        <EmptyState action={<Button onClick={() => navigate('/runs')}>{words.backToAll}</Button>}>
          {words.gone}
        </EmptyState>
      </Page>
    );
  if (!data)
    return (
      <Page crumb={crumb} title={words.loading}>
        <Skeleton h={300} />
      </Page>
    );
  return <LoadedRun run={data} />;
}

function LoadedRun({ run }: { run: RunRecord }) {
  const { buttons, more } = useRunActions(run);
  const { data: adapter } = useRequest(
    'adapters.get',
    { id: run.adapterId ?? '' },
    { enabled: run.adapterId !== null },
  );
  return (
    <Page
      crumb={crumb}
      title={run.name}
      state={<RunState run={run} />}
      actions={buttons}
      more={more}
      moreAbove={adapter ? <AdapterItems adapter={adapter} /> : null}
    >
      <RunView run={run} />
    </Page>
  );
}
