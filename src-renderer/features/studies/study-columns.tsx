import { Text } from '@mantine/core';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { StatusMark } from '../../components/feedback/status-mark.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import type { DataColumn } from '../../components/table/data-table.tsx';
import { studiesStrings } from '../../strings/studies.ts';

export const studyColumns: readonly DataColumn<StudyRecord>[] = [
  {
    id: 'name',
    header: studiesStrings.columns.name,
    value: (study) => study.name,
    cell: (study) => (
      <div style={{ minWidth: 0 }}>
        <Text size="sm" lineClamp={2} style={{ whiteSpace: 'normal' }} title={study.name}>
          {study.name}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {studyKind(study.kind).declaration.label}
        </Text>
      </div>
    ),
  },
  {
    id: 'status',
    header: studiesStrings.columns.status,
    value: (study) => study.status,
    width: 28,
    headHidden: true,
    cell: (study) => <StatusMark status={study.status} brief />,
  },
  {
    id: 'created',
    header: studiesStrings.columns.created,
    align: 'right',
    value: (study) => study.createdAt,
    cell: (study) => <RelativeTime at={study.createdAt} />,
  },
];
