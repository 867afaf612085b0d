import { Button, Group, Skeleton, Text } from '@mantine/core';
import type { ReportRecord } from '../../../src-shared/domain/catalog.ts';
import { useRequest } from '../../api/query.ts';
import { navigate } from '../../app/routes.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { plural } from '../../components/format/format.ts';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Page } from '../../components/layout/page.tsx';
import { type DataColumn, DataTable } from '../../components/table/data-table.tsx';

function attempt(work: Promise<void>): void {
  work.catch((error: unknown) =>
    notifyFailure(error instanceof Error ? error : new Error(String(error)), 'The report was not opened'),
  );
}

const columns: readonly DataColumn<ReportRecord>[] = [
  { id: 'name', header: 'Name', value: (report) => report.name },
  {
    id: 'studies',
    header: 'Studies',
    align: 'right',
    value: (report) => report.studyIds.length,
  },
  {
    id: 'path',
    header: 'File',
    value: (report) => report.path,
    cell: (report) => (
      <Text size="xs" ff="monospace" truncate maw={420} title={report.path}>
        {report.path}
      </Text>
    ),
  },
  {
    id: 'created',
    header: 'Written',
    align: 'right',
    value: (report) => report.createdAt,
    cell: (report) => <RelativeTime at={report.createdAt} />,
  },
];

/** Every report: one self-contained HTML file each, opened by the system's own browser. */
export default function ReportsPage() {
  const { data, error } = useRequest('reports.list', {});
  return (
    <Page title="Reports" state={data ? plural(data.length, 'report') : ''} fill>
      {error ? <ErrorNote error={error} /> : null}
      {data?.length === 0 ? (
        <EmptyState action={<Button onClick={() => navigate('/home')}>Try the demo study</Button>}>
          A report is one HTML file with the figures, tables, configs, seeds and hashes of a study. The demo study ends
          with one.
        </EmptyState>
      ) : data ? (
        <div style={{ background: 'var(--studio-surface)', minHeight: 0 }}>
          <DataTable
            label="Reports"
            items={data}
            itemId={(report) => report.id}
            columns={columns}
            initialSort={{ column: 'created', descending: true }}
            onActivate={(report) => attempt(window.coto.openPath(report.path))}
            rowActions={(report) => (
              <Group gap={4} wrap="nowrap" justify="flex-end">
                <Button
                  variant="default"
                  aria-label={`Open ${report.name}`}
                  onClick={() => attempt(window.coto.openPath(report.path))}
                >
                  Open
                </Button>
                <Button
                  variant="default"
                  aria-label={`Show ${report.name} in its folder`}
                  onClick={() => attempt(window.coto.showInFolder(report.path))}
                >
                  Show in folder
                </Button>
              </Group>
            )}
          />
        </div>
      ) : (
        <Skeleton h={200} m={12} />
      )}
    </Page>
  );
}
