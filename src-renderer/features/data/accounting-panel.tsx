import { Button, Text } from '@mantine/core';
import { useMemo } from 'react';
import {
  type Accounting,
  type AccountingLine,
  accountingLines,
  type ColumnAccount,
} from '../../../src-shared/domain/data/accounting.ts';
import { Select } from '../../components/form/choices.tsx';
import { plural } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { type DataColumn, DataTable } from '../../components/table/data-table.tsx';
import { dataStrings } from '../../strings/data.ts';
import classes from './data.module.css';
import type { ColumnRole } from './reading.ts';
import { roleWords } from './text-summary.ts';

const strings = dataStrings.accounting;

const columns: DataColumn<AccountingLine>[] = [
  { id: 'what', header: strings.what, sortable: false, width: 220, value: ({ what }) => what },
  {
    id: 'is',
    header: strings.is,
    sortable: false,
    width: 110,
    value: ({ is }) => is,
    cell: ({ is, isQuestion }) => (
      <span className={isQuestion ? classes['fault'] : undefined} data-fault={isQuestion || undefined}>
        {is}
      </span>
    ),
  },
  { id: 'detail', header: strings.detail, sortable: false, value: ({ detail }) => detail },
];

interface AccountingPanelProps {
  accounting: Accounting;
  /** Merges labels that differ by their spelling alone; absent where a dataset cannot be changed. */
  onMergeLabels?: (() => void) | undefined;
  isMerging?: boolean;
}

/** Panel with the use of every column and row of a file. */
export function AccountingPanel({ accounting, onMergeLabels, isMerging = false }: AccountingPanelProps) {
  const lines = useMemo(() => accountingLines(accounting), [accounting]);
  const hasSimilar = accounting.labels.some((group) => !group.isMerged);
  return (
    <Panel
      title={strings.title}
      note={accounting.isWhole ? null : strings.firstRows(accounting.rows.total)}
      aside={
        hasSimilar && onMergeLabels ? (
          <Button variant="default" size="compact-sm" onClick={onMergeLabels} loading={isMerging}>
            {strings.mergeLabels}
          </Button>
        ) : null
      }
      flush
    >
      <div className={classes['rows']}>
        <DataTable
          label={strings.title}
          items={lines}
          itemId={(line) => String(lines.indexOf(line))}
          columns={columns}
        />
      </div>
    </Panel>
  );
}

interface ContentQuestionsProps {
  questions: readonly ColumnAccount[];
  /** Roles that have no column yet. */
  roles: readonly ColumnRole[];
  /** Called with the role of a column, or null for one that is left out. */
  onAnswer: (column: string, role: ColumnRole | null) => void;
}

const notUsed = 'not-used';

/** Panel with the columns that look like content and have no role, each with a choice; renders nothing without one. */
export function ContentQuestions({ questions, roles, onAnswer }: ContentQuestionsProps) {
  if (questions.length === 0) return null;
  const data = [
    { value: notUsed, label: strings.notUsed },
    ...roles.map((role) => ({ value: role, label: roleWords[role] })),
  ];
  return (
    <Panel title={strings.questions} note={strings.questionsNote}>
      <div className={classes['fields']}>
        {questions.map(({ name, filledRows, sample }) => (
          <div key={name} className={classes['question']}>
            <Select
              label={name}
              placeholder={strings.choose}
              data={data}
              value={null}
              onChange={(value) => {
                const role = roles.find((one) => one === value);
                if (value === notUsed || role !== undefined) onAnswer(name, role ?? null);
              }}
              w={228}
            />
            <Text c="dimmed" size="sm">
              {`${plural(filledRows, 'row')}${sample === null ? '' : `, “${sample}”`}`}
            </Text>
          </div>
        ))}
      </div>
    </Panel>
  );
}
