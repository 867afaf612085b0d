import { Text } from '@mantine/core';
import type { BenchmarkRecord } from '../../../src-shared/domain/evaluation/benchmark-record.ts';
import { StatusMark } from '../../components/feedback/status-mark.tsx';
import { fileName } from '../../components/format/file-name.ts';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import type { DataColumn } from '../../components/table/data-table.tsx';
import { benchmarksStrings as words } from '../../strings/benchmarks.ts';

export const benchmarkColumns: readonly DataColumn<BenchmarkRecord>[] = [
  {
    id: 'name',
    header: words.columns.name,
    value: ({ request }) => fileName(request.tasks),
    cell: ({ request, names, job }) => (
      <div style={{ minWidth: 0 }}>
        <Text size="sm" truncate title={request.tasks}>
          {fileName(request.tasks)}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {names[0] === undefined ? job.title : words.detail(names[0], request.columns.length - 1)}
        </Text>
      </div>
    ),
  },
  {
    id: 'status',
    header: words.columns.status,
    value: ({ job }) => job.status,
    width: 28,
    headHidden: true,
    cell: ({ job }) => <StatusMark status={job.status} brief />,
  },
  {
    id: 'created',
    header: words.columns.created,
    align: 'right',
    value: ({ job }) => job.createdAt,
    cell: ({ job }) => <RelativeTime at={job.createdAt} />,
  },
];
