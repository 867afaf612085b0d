import { Text } from '@mantine/core';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import { StatusMark } from '../../components/feedback/status-mark.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import type { DataColumn } from '../../components/table/data-table.tsx';

/** What each kind of study is called; the catalog's own label where a kind is not among these. */
const kindWords: Readonly<Record<string, string>> = { lambda: 'λ', pruning: 'Pruning', merging: 'Merging' };

export const studyColumns: readonly DataColumn<StudyRecord>[] = [
  {
    id: 'name',
    header: 'Name',
    value: (study) => study.name,
    cell: (study) => (
      <Text size="sm" truncate maw={230} title={study.name}>
        {study.name}
      </Text>
    ),
  },
  { id: 'kind', header: 'Kind', value: (study) => kindWords[study.kind] ?? study.kind },
  {
    id: 'status',
    header: 'Status',
    value: (study) => study.status,
    cell: (study) => <StatusMark status={study.status} />,
  },
  {
    id: 'created',
    header: 'Created',
    align: 'right',
    value: (study) => study.createdAt,
    cell: (study) => <RelativeTime at={study.createdAt} />,
  },
];
