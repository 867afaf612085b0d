import { Button, Skeleton, Text } from '@mantine/core';
import { useEffect } from 'react';
import { groupRuns } from '../../../../src-shared/results/run-groups.ts';
import { useRequest } from '../../../api/query.ts';
import { navigate } from '../../../app/routes.tsx';
import { EmptyState } from '../../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../../components/feedback/error-note.tsx';
import { Page } from '../../../components/layout/page.tsx';
import { compareStrings } from '../../../strings/compare.ts';
import { reportsStrings } from '../../../strings/reports.ts';
import { runsStrings } from '../../../strings/runs.ts';
import { createReport } from '../../reports/create-report.tsx';
import { changeRunsList, useRunsList } from '../list/runs-list-store.ts';
import { RunComparison } from './run-comparison.tsx';

/** The comparison of the runs that the address names, as a page of its own. */
export function CompareRuns({ ids }: { ids: readonly string[] }) {
  const shown = useRequest('runs.list', { archived: false });
  const archived = useRequest('runs.list', { archived: true });
  const hasSelection = useRunsList(({ selected }) => selected.size > 0);
  useEffect(() => {
    // Opened by its address: the way back to the table leads to these runs too.
    if (!hasSelection) changeRunsList({ selected: new Set(ids) });
  }, []);
  const byId = new Map([...(shown.data ?? []), ...(archived.data ?? [])].map((run) => [run.id, run]));
  const runs = ids.flatMap((id) => byId.get(id) ?? []);
  const error = shown.error ?? archived.error;
  const isLoaded = shown.data !== undefined && archived.data !== undefined;
  const gone = ids.length - runs.length;
  const finished = runs.filter(({ result }) => result !== null).map(({ id }) => id);
  const report =
    finished.length > 0 ? (
      <Button
        variant="default"
        onClick={() => createReport({ runIds: finished, name: runsStrings.reportName(finished.length) })}
      >
        {reportsStrings.create}
      </Button>
    ) : null;
  return (
    <Page
      crumb={{ label: runsStrings.title, path: '/runs' }}
      title={compareStrings.title}
      actions={report}
      state={runs.length > 0 ? compareStrings.state(runs.length, groupRuns(runs).length) : ''}
    >
      {error ? <ErrorNote error={error} /> : null}
      {!isLoaded ? (
        error ? null : (
          <Skeleton h={300} />
        )
      ) : runs.length === 0 ? (
        <EmptyState action={<Button onClick={() => navigate('/runs')}>{compareStrings.back}</Button>}>
          {ids.length === 0 ? compareStrings.tooFew : compareStrings.none}
        </EmptyState>
      ) : (
        <>
          {gone > 0 ? (
            <Text c="dimmed" mb={12}>
              {compareStrings.gone(gone)}
            </Text>
          ) : null}
          <RunComparison runs={runs} />
        </>
      )}
    </Page>
  );
}
