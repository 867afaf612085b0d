import { Button, Group, Skeleton, Switch, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { plural } from '../../components/format/format.ts';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { DataTable } from '../../components/table/data-table.tsx';
import { runColumns } from '../../features/runs/run-columns.tsx';
import { RunComparison } from '../../features/runs/run-comparison.tsx';
import { isActive } from '../../features/runs/run-labels.ts';
import { RunView } from '../../features/runs/run-view.tsx';
import { useVariantNames } from '../../features/runs/use-variant-names.ts';
import { RunPage } from './run-page.tsx';
import classes from './runs-page.module.css';

export default function RunsPage() {
  const id = useRoute().segments[1];
  return id ? <RunPage key={id} id={id} /> : <RunList />;
}

/** The table on the left; on the right the run under the cursor, or all chosen ones laid over each other. */
function RunList() {
  const [archived, setArchived] = useState(false);
  const [filter, setFilter] = useState('');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [activeId, setActiveId] = useState<string | null>(null);
  const runs = useRequest('runs.list', { archived });
  const jobs = useRequest('jobs.list', {});
  const variants = useVariantNames();
  const update = useAction('runs.update', { failureTitle: 'The run was not changed' });
  const jobByRun = useMemo(
    () => new Map((jobs.data ?? []).flatMap((job) => (job.subjectId ? [[job.subjectId, job] as const] : []))),
    [jobs.data],
  );
  const columns = useMemo(
    () =>
      runColumns({
        variants,
        jobs: jobByRun,
        onStar: (run) => update.mutate({ id: run.id, starred: !run.starred }),
      }),
    [variants, jobByRun, update.mutate],
  );
  const list = runs.data ?? [];
  const chosen = list.filter((run) => selected.has(run.id));
  const newest = list.reduce<RunRecord | null>(
    (found, run) => (found && found.createdAt >= run.createdAt ? found : run),
    null,
  );
  const active = list.find((run) => run.id === activeId) ?? newest;
  const running = list.filter(isActive).length;
  return (
    <Page
      title="Runs"
      state={
        runs.data
          ? `${plural(list.length, 'run')}${running > 0 ? `, ${running} running or queued` : ''}; tick several to lay them over each other`
          : ''
      }
      actions={<Button onClick={() => navigate('/train')}>New run</Button>}
      fill
    >
      {runs.error ? <ErrorNote error={runs.error} /> : null}
      {runs.data && list.length === 0 && !archived ? (
        <EmptyState action={<Button onClick={() => navigate('/train')}>Set up a training run</Button>}>
          No runs yet. Train an adapter and its curves appear here.
        </EmptyState>
      ) : (
        <SplitPanel
          name="runs"
          initial={680}
          minimum={380}
          minimumRight={360}
          left={
            <div className={classes['list']}>
              <Group gap={12} p={8} wrap="nowrap">
                <TextInput
                  aria-label="Filter the runs"
                  placeholder="Filter runs…"
                  leftSection={<IconSearch size={14} />}
                  value={filter}
                  onChange={(event) => setFilter(event.currentTarget.value)}
                  style={{ flex: 1 }}
                />
                <Switch
                  label="Archived"
                  checked={archived}
                  onChange={(event) => setArchived(event.currentTarget.checked)}
                />
              </Group>
              <div className={classes['table']}>
                {runs.data ? (
                  <DataTable
                    label="Runs"
                    items={list}
                    itemId={(run) => run.id}
                    columns={columns}
                    initialSort={{ column: 'created', descending: true }}
                    filter={filter}
                    selected={selected}
                    onSelectedChange={setSelected}
                    activeId={chosen.length === 0 ? (active?.id ?? null) : null}
                    onActivate={(run) => setActiveId(run.id)}
                    onOpen={(run) => navigate(pathOf('runs', run.id))}
                    emptyText={archived ? 'No archived runs' : 'No matching runs'}
                  />
                ) : (
                  <Skeleton h={200} m={12} />
                )}
              </div>
            </div>
          }
          right={
            <div className={classes['detail']}>
              <Detail chosen={chosen} active={active} />
            </div>
          }
        />
      )}
    </Page>
  );
}

function Detail({ chosen, active }: { chosen: readonly RunRecord[]; active: RunRecord | null }) {
  if (chosen.length > 1) return <RunComparison runs={chosen} />;
  const run = chosen[0] ?? active;
  if (!run) return <EmptyState>No archived runs. Switch Archived off to see the others.</EmptyState>;
  return (
    <>
      <Group justify="space-between" mb={8} wrap="nowrap">
        <Text fw={600} truncate>
          {run.name}
        </Text>
        <Button variant="default" onClick={() => navigate(pathOf('runs', run.id))}>
          Open
        </Button>
      </Group>
      <RunView key={run.id} run={run} />
    </>
  );
}
