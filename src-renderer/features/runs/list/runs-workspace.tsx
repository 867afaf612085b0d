import { ActionIcon, Button, Group, Skeleton, Switch, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { type ReactNode, useMemo, useRef } from 'react';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { useAction, useRequest } from '../../../api/query.ts';
import { navigate, pathOf } from '../../../app/routes.tsx';
import { useActions } from '../../../components/actions/action-registry.ts';
import { pageActions } from '../../../components/actions/page-actions.ts';
import { useRename } from '../../../components/actions/use-rename.ts';
import { EmptyState } from '../../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../../components/feedback/error-note.tsx';
import { Select } from '../../../components/form/choices.tsx';
import { Page } from '../../../components/layout/page.tsx';
import { SplitPanel } from '../../../components/layout/split-panel.tsx';
import { ColumnChooser, useChosenColumns } from '../../../components/table/column-chooser.tsx';
import { DataTable } from '../../../components/table/data-table.tsx';
import { MiddleText } from '../../../components/table/middle-text.tsx';
import { appStrings } from '../../../strings/app.ts';
import { runsStrings } from '../../../strings/runs.ts';
import { renameRun } from '../actions/edit-runs.tsx';
import { RunMenu } from '../actions/run-menu.tsx';
import { comparePath } from '../comparison/compare-path.ts';
import { RunComparison } from '../comparison/run-comparison.tsx';
import { RunView } from '../page/run-view.tsx';
import { isActive } from '../run-labels.ts';
import { useRunNames } from '../use-run-names.ts';
import { fixedColumns, runColumns, usualColumns } from './run-columns.tsx';
import { filterRuns, type RunsRow, runRows } from './run-rows.ts';
import { changeRunsList, groupings, selectRuns, useRunsList } from './runs-list-store.ts';
import classes from './runs-workspace.module.css';
import { SelectionBar } from './selection-bar.tsx';

/** More runs than this are compared on a page of their own only. */
const maxCompared = 12;

const runActions = (row: RunsRow) => <RunMenu row={row} />;

/** The table of runs over the whole page; the run that was clicked beside it, and a bar for the ticked ones below. */
export function RunsWorkspace() {
  const { filter, archived, grouping, sort, selected, activeId, expanded, comparisonClosed } = useRunsList();
  const runs = useRequest('runs.list', { archived });
  const names = useRunNames();
  const filterField = useRef<HTMLInputElement>(null);
  const list = runs.data ?? [];
  const shown = useMemo(() => filterRuns(list, filter, names), [runs.data, filter, names]);
  const rows = useMemo(() => runRows(shown, grouping, names), [shown, grouping, names]);
  const allColumns = useRunColumns(names, grouping === 'none');
  const chosenColumns = useChosenColumns('runs', allColumns, usualColumns);
  const chosen = list.filter(({ id }) => selected.has(id));
  const visible = new Set(shown.map(({ id }) => id));
  const active = list.find(({ id }) => id === activeId) ?? null;
  const clear = () => selectRuns(new Set());
  const isCompared = chosen.length > 1 && chosen.length <= maxCompared && !comparisonClosed;
  useActions([{ ...pageActions.filterRuns, run: () => filterField.current?.focus() }]);
  useRename(
    appStrings.renames.run,
    list,
    active?.id ?? (chosen.length === 1 ? (chosen[0]?.id ?? null) : null),
    renameRun,
  );
  useHotkeys([
    [
      'Escape',
      ({ target }) => {
        // Escape in a menu or a dialog closes that.
        if (target instanceof Element && target.closest('[role="menu"], [role="dialog"]')) return;
        if (active) changeRunsList({ activeId: null });
        else if (isCompared) changeRunsList({ comparisonClosed: true });
        else clear();
      },
    ],
  ]);
  const newRun = <Button onClick={() => navigate('/train')}>{runsStrings.newRun}</Button>;
  return (
    <Page
      title={runsStrings.title}
      state={runs.data ? runsStrings.state(list.length, list.filter(isActive).length) : ''}
      actions={newRun}
      fill
    >
      {runs.error ? <ErrorNote error={runs.error} /> : null}
      {runs.data && list.length === 0 && !archived ? (
        <EmptyState action={newRun}>{runsStrings.none}</EmptyState>
      ) : (
        <>
          <div className={classes['split']}>
            <SplitPanel
              name="runs-table"
              initial={Math.round(window.innerWidth * 0.42)}
              minimum={420}
              minimumRight={380}
              left={
                <div className={classes['list']}>
                  <div className={classes['tools']}>
                    <TextInput
                      ref={filterField}
                      className={classes['filter'] ?? ''}
                      aria-label={runsStrings.filterLabel}
                      placeholder={runsStrings.filter}
                      leftSection={<IconSearch size={14} />}
                      value={filter}
                      onChange={(event) => changeRunsList({ filter: event.currentTarget.value })}
                    />
                    <Select
                      aria-label={runsStrings.groupBy}
                      title={runsStrings.groupBy}
                      w={136}
                      data={groupings.map((value) => ({ value, label: runsStrings.groupings[value] }))}
                      value={grouping}
                      onChange={(value) =>
                        changeRunsList({ grouping: groupings.find((known) => known === value) ?? 'none' })
                      }
                      allowDeselect={false}
                    />
                    <Switch
                      label={runsStrings.archived}
                      checked={archived}
                      onChange={(event) => changeRunsList({ archived: event.currentTarget.checked })}
                    />
                    <ColumnChooser all={allColumns} chosen={chosenColumns} fixed={fixedColumns} />
                  </div>
                  <div className={classes['table']}>
                    {runs.data ? (
                      <DataTable
                        label={runsStrings.title}
                        items={rows}
                        itemId={(row) => row.id}
                        subItems={(row) => (row.kind === 'group' ? row.rows : undefined)}
                        expanded={expanded}
                        onExpandedChange={(next) => changeRunsList({ expanded: next })}
                        columns={chosenColumns.columns}
                        fitted
                        {...(sort ? { initialSort: sort } : {})}
                        onSortChange={(next) => changeRunsList({ sort: next })}
                        selected={selected}
                        onSelectedChange={selectRuns}
                        activeId={active?.id ?? null}
                        onActivate={(row) => changeRunsList({ activeId: row.run.id })}
                        onOpen={(row) => navigate(pathOf('runs', row.run.id))}
                        rowActions={runActions}
                        emptyText={archived && list.length === 0 ? runsStrings.noArchived : runsStrings.noMatch}
                      />
                    ) : (
                      <Skeleton h={200} w="auto" m={12} />
                    )}
                  </div>
                </div>
              }
              right={active ? <Peek run={active} /> : isCompared ? <ComparisonPeek runs={chosen} /> : null}
            />
          </div>
          {chosen.length > 0 ? (
            <SelectionBar
              runs={chosen}
              hidden={chosen.filter(({ id }) => !visible.has(id)).length}
              tags={[...new Set(list.flatMap(({ tags }) => tags))].sort()}
              onClear={clear}
            />
          ) : null}
        </>
      )}
    </Page>
  );
}

/** Every column that the table can show. */
function useRunColumns(names: ReturnType<typeof useRunNames>, isFlat: boolean) {
  const { data: jobs } = useRequest('jobs.list', { active: true });
  const update = useAction('runs.update', { failureTitle: runsStrings.changeFailed });
  const jobByRun = useMemo(
    () => new Map((jobs ?? []).flatMap((job) => (job.subjectId ? [[job.subjectId, job] as const] : []))),
    [jobs],
  );
  return useMemo(
    () =>
      runColumns({
        names,
        jobs: jobByRun,
        onStar: (run) => update.mutate({ id: run.id, starred: !run.starred }),
        isFlat,
      }),
    [names, jobByRun, update.mutate, isFlat],
  );
}

/** The run that was clicked, beside the table. */
function Peek({ run }: { run: RunRecord }) {
  return (
    <Beside
      label={runsStrings.peek}
      title={run.name}
      onOpen={() => navigate(pathOf('runs', run.id))}
      onClose={() => changeRunsList({ activeId: null })}
    >
      <RunView key={run.id} run={run} />
    </Beside>
  );
}

/** The ticked runs, beside the table. */
function ComparisonPeek({ runs }: { runs: readonly RunRecord[] }) {
  return (
    <Beside
      label={runsStrings.comparison}
      title={runsStrings.comparison}
      onOpen={() => navigate(comparePath(runs.map(({ id }) => id)))}
      onClose={() => changeRunsList({ comparisonClosed: true })}
    >
      <RunComparison runs={runs} brief />
    </Beside>
  );
}

interface BesideProps {
  label: string;
  title: string;
  onOpen: () => void;
  onClose: () => void;
  children: ReactNode;
}

function Beside({ label, title, onOpen, onClose, children }: BesideProps) {
  return (
    <section className={classes['peek']} aria-label={label}>
      <Group gap={8} mb={8} wrap="nowrap">
        <h2 className={classes['peekName']}>
          <MiddleText text={title} />
        </h2>
        <Button variant="default" flex="none" onClick={onOpen}>
          {runsStrings.open}
        </Button>
        <ActionIcon flex="none" aria-label={runsStrings.closePeek} title={runsStrings.closePeek} onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </Group>
      {children}
    </section>
  );
}
