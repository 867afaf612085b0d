import { Button, Skeleton, Text } from '@mantine/core';
import type { ReportRecord } from '../../../src-shared/domain/app/report.ts';
import { useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { useRename } from '../../components/actions/use-rename.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { type DataColumn, DataTable } from '../../components/table/data-table.tsx';
import { createReport } from '../../features/reports/create-report.tsx';
import { renameReport } from '../../features/reports/rename-report.ts';
import { ReportView } from '../../features/reports/report-view.tsx';
import classes from '../../features/reports/reports.module.css';
import { appStrings } from '../../strings/app.ts';
import { reportsStrings as strings } from '../../strings/reports.ts';

const columns: readonly DataColumn<ReportRecord>[] = [
  {
    id: 'name',
    header: strings.columns.name,
    value: (report) => report.name,
    cell: (report) => (
      <Text size="sm" truncate maw={220} title={report.name}>
        {report.name}
      </Text>
    ),
  },
  {
    id: 'contents',
    header: strings.columns.of,
    width: 132,
    yields: 1,
    value: (report) => report.studyIds.length * 1000 + report.runIds.length,
    cell: (report) => strings.contents(report.runIds.length, report.studyIds.length),
  },
  {
    id: 'created',
    header: strings.columns.created,
    align: 'right',
    width: 108,
    value: (report) => report.createdAt,
    cell: (report) => <RelativeTime at={report.createdAt} />,
  },
];

/** Every report on the left, the chosen one on the right, where it is read. */
export default function ReportsPage() {
  const id = useRoute().segments[1] ?? null;
  const { data, error } = useRequest('reports.list', {});
  const report = id === null ? data?.[0] : data?.find((candidate) => candidate.id === id);
  useRename(appStrings.renames.report, data, report?.id ?? null, renameReport);
  return (
    <Page
      title={strings.title}
      state={data ? strings.count(data.length) : ''}
      actions={<Button onClick={() => createReport({ name: '' })}>{strings.create}</Button>}
      fill
    >
      {error ? <ErrorNote error={error} /> : null}
      {data?.length === 0 ? (
        <EmptyState
          action={
            <Button variant="default" onClick={() => navigate('/home')}>
              {strings.tryDemo}
            </Button>
          }
        >
          {strings.empty}
        </EmptyState>
      ) : (
        <SplitPanel
          name="reports"
          initial={400}
          minimum={260}
          minimumRight={560}
          left={
            data ? (
              <div className={classes['list']}>
                <DataTable
                  label={strings.title}
                  items={data}
                  itemId={(item) => item.id}
                  columns={columns}
                  fitted
                  initialSort={{ column: 'created', descending: true }}
                  activeId={report?.id ?? null}
                  onActivate={(item) => navigate(pathOf('reports', item.id), { replace: id !== null })}
                />
              </div>
            ) : (
              <Skeleton h={240} m={12} />
            )
          }
          right={
            report ? (
              <ReportView key={report.id} report={report} />
            ) : data ? (
              <div className={classes['empty']}>
                <EmptyState>{id === null ? strings.choose : strings.gone}</EmptyState>
              </div>
            ) : (
              <Skeleton h={240} m={12} />
            )
          }
        />
      )}
    </Page>
  );
}
