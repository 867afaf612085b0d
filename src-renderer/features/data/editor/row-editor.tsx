import { Button, Skeleton, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import type { DataStep } from '../../../../src-shared/domain/data/data-steps.ts';
import type { TextInspection } from '../../../../src-shared/domain/data/dataset.ts';
import { type EditableRow, type RowFilter, rowFilterSchema } from '../../../../src-shared/domain/data/edited-rows.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { useLastAnswer, useRequest } from '../../../api/query.ts';
import { EmptyState } from '../../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../../components/feedback/error-note.tsx';
import { Segments } from '../../../components/form/segments.tsx';
import { Panel } from '../../../components/layout/panel.tsx';
import { type DataColumn, DataTable } from '../../../components/table/data-table.tsx';
import { dataStrings } from '../../../strings/data.ts';
import { dataEditorStrings as strings } from '../../../strings/data-editor.ts';
import classes from './editor.module.css';
import { RowForm } from './row-form.tsx';
import { withoutRows } from './step-history.ts';

const pageSize = 50;
/** A table needs the beginning of a cell only. */
const cellCharacters = 300;

interface RowEditorProps {
  path: string;
  /** Options that the file can be read with. */
  options: ParameterValues;
  /** Preview read with these options. */
  inspection: TextInspection;
  steps: readonly DataStep[];
  onSteps: (steps: readonly DataStep[]) => void;
}

/** The rows of a file in a table with filter, search and order; the chosen one in a form below. Each edit becomes a step. */
export function RowEditor({ path, options, inspection, steps, onSteps }: RowEditorProps) {
  const [show, setShow] = useState<RowFilter>('all');
  const [sort, setSort] = useState<'file' | 'problem'>('file');
  const [search, setSearch] = useState('');
  const [searched] = useDebouncedValue(search, 200);
  const [offset, setOffset] = useState(0);
  const [chosen, setChosen] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const answer = useRequest('datasets.inspectRows', {
    path,
    options,
    show,
    sort,
    search: searched,
    offset,
    limit: pageSize,
  });
  const last = useLastAnswer(answer.data);
  const columns = useMemo(() => tableColumns(last?.columnNames ?? []), [last?.columnNames]);
  const total = last?.counts[show] ?? 0;
  const active = last?.rows.find(({ where }) => where === chosen);
  const look = (change: () => void) => {
    setOffset(0);
    setSelected(new Set());
    change();
  };
  return (
    <>
      <Panel
        title={strings.title}
        note={
          last ? strings.note(offset + 1, Math.min(offset + pageSize, total), total, last.rowsRead, last.isWhole) : null
        }
        flush
        aside={
          <Button.Group>
            <Button
              variant="default"
              size="compact-sm"
              disabled={offset === 0}
              onClick={() => setOffset(Math.max(0, offset - pageSize))}
              aria-label={strings.previous}
            >
              ‹
            </Button>
            <Button
              variant="default"
              size="compact-sm"
              disabled={offset + pageSize >= total}
              onClick={() => setOffset(offset + pageSize)}
              aria-label={strings.next}
            >
              ›
            </Button>
          </Button.Group>
        }
      >
        <div className={classes['tools']}>
          <Segments
            aria-label={strings.filter.label}
            data={rowFilterSchema.options.map((value) => ({
              value,
              label: strings.filter[value](last?.counts[value] ?? 0),
            }))}
            value={show}
            onChange={(value) => look(() => setShow(rowFilterSchema.parse(value)))}
          />
          <Segments
            aria-label={strings.sort.label}
            data={[
              { value: 'file', label: strings.sort.file },
              { value: 'problem', label: strings.sort.problem },
            ]}
            value={sort}
            onChange={(value) => look(() => setSort(value === 'problem' ? 'problem' : 'file'))}
          />
          <TextInput
            aria-label={strings.search}
            placeholder={strings.search}
            w={200}
            value={search}
            onChange={({ currentTarget: { value } }) => look(() => setSearch(value))}
          />
          {selected.size > 0 ? (
            <Button
              variant="default"
              onClick={() => {
                onSteps(withoutRows(steps, [...selected]));
                setSelected(new Set());
              }}
            >
              {strings.dropSelected(selected.size)}
            </Button>
          ) : null}
        </div>
        {answer.error ? (
          <ErrorNote
            error={answer.error}
            action={{ label: dataStrings.tryAgain, onClick: () => void answer.refetch() }}
          />
        ) : last === undefined ? (
          <Skeleton height={240} />
        ) : last.rows.length === 0 ? (
          <EmptyState>{strings.empty}</EmptyState>
        ) : (
          <div className={classes['table']} data-stale={answer.data === undefined || undefined}>
            <DataTable
              label={strings.title}
              items={last.rows}
              itemId={({ where }) => where}
              columns={columns}
              selected={selected}
              onSelectedChange={setSelected}
              activeId={active?.where ?? null}
              onActivate={({ where }) => setChosen(where)}
            />
          </div>
        )}
      </Panel>
      {active === undefined ? (
        <Panel title={strings.rowForm.title}>
          <EmptyState>{strings.rowForm.choose}</EmptyState>
        </Panel>
      ) : (
        <RowForm
          key={active.where}
          path={path}
          options={options}
          inspection={inspection}
          row={active}
          steps={steps}
          onSteps={onSteps}
        />
      )}
    </>
  );
}

function tableColumns(names: readonly string[]): DataColumn<EditableRow>[] {
  return [
    { id: 'row', header: strings.row, sortable: false, width: 96, value: ({ where }) => where },
    {
      id: 'state',
      header: strings.state,
      sortable: false,
      width: 84,
      value: ({ state }) => strings.states[state],
      cell: ({ state, message }) => (
        <span className={classes['state']} data-state={state} title={message ?? undefined}>
          {strings.states[state]}
        </span>
      ),
    },
    ...names.map(
      (name): DataColumn<EditableRow> => ({
        // A column of the file may be called row or state.
        id: `column ${name}`,
        header: name,
        sortable: false,
        width: 200,
        value: (row) => cellOf(row, name)?.value.slice(0, cellCharacters) ?? '',
        cell: (row) => {
          const cell = cellOf(row, name);
          const shown = (cell?.value ?? '').slice(0, cellCharacters).replaceAll(/\s+/g, ' ');
          return (
            <span className={classes['cell']} data-edited={cell?.isEdited || undefined} title={shown}>
              {shown}
            </span>
          );
        },
      }),
    ),
  ];
}

function cellOf({ cells }: EditableRow, name: string): EditableRow['cells'][number] | undefined {
  return cells.find(({ column }) => column === name);
}
