import { Badge, Button, Group, Skeleton, Text, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { type DataStep, writeDataSteps } from '../../../../src-shared/domain/data/data-steps.ts';
import { type TextColumns, type TextInspection, textColumnRoles } from '../../../../src-shared/domain/data/dataset.ts';
import type { EditableCell, EditableRow } from '../../../../src-shared/domain/data/edited-rows.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { useLastAnswer, useRequest } from '../../../api/query.ts';
import { EmptyState } from '../../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../../components/feedback/error-note.tsx';
import { Autocomplete, Select } from '../../../components/form/choices.tsx';
import { Panel } from '../../../components/layout/panel.tsx';
import { dataEditorStrings } from '../../../strings/data-editor.ts';
import { roleWords } from '../text-summary.ts';
import { TokenView } from '../token-view.tsx';
import { useTextModels } from '../use-text-models.ts';
import classes from './editor.module.css';
import { cellValue, withEdits, withoutRow, withoutRows } from './step-history.ts';

const strings = dataEditorStrings.rowForm;

interface RowFormProps {
  path: string;
  options: ParameterValues;
  inspection: TextInspection;
  row: EditableRow;
  steps: readonly DataStep[];
  onSteps: (steps: readonly DataStep[]) => void;
}

/** The cells of one row in fields, and the row as a base model reads it before and after the edits. */
export function RowForm({ path, options, inspection, row, steps, onSteps }: RowFormProps) {
  const [drafts, setDrafts] = useState<ReadonlyMap<string, string>>(new Map());
  const changed = row.cells.filter(({ column, value }) => (drafts.get(column) ?? value) !== value);
  const values = changed.map((cell) => [cell.column, cellValue(cell, drafts.get(cell.column) ?? '')] as const);
  const edits = new Map(values.flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const])));
  const isGood = edits.size === values.length;
  const own = steps.filter((step) => (step.step === 'edit' || step.step === 'drop-row') && step.row === row.where);
  const isDropped = own.some(({ step }) => step === 'drop-row');
  const withDrafts = isGood ? withEdits(steps, row.where, edits) : steps;
  return (
    <Panel
      title={strings.title}
      note={[row.where, row.message].filter(Boolean).join(': ')}
      aside={
        <Group gap={8} wrap="nowrap">
          {own.length > 0 && !isDropped ? (
            <Button
              variant="default"
              size="compact-sm"
              onClick={() => {
                setDrafts(new Map());
                onSteps(withoutRow(steps, row.where));
              }}
            >
              {strings.revert}
            </Button>
          ) : null}
          <Button
            variant="default"
            size="compact-sm"
            onClick={() =>
              onSteps(
                isDropped
                  ? steps.filter((step) => !(step.step === 'drop-row' && step.row === row.where))
                  : withoutRows(steps, [row.where]),
              )
            }
          >
            {isDropped ? strings.keep : strings.drop}
          </Button>
          <Button
            size="compact-sm"
            disabled={edits.size === 0 || !isGood}
            onClick={() => {
              setDrafts(new Map());
              onSteps(withDrafts);
            }}
          >
            {strings.apply}
          </Button>
        </Group>
      }
    >
      {row.cells.length === 0 ? (
        <Text>{strings.unreadable}</Text>
      ) : (
        <div className={classes['cells']}>
          {row.cells.map((cell) => (
            <CellField
              key={cell.column}
              cell={cell}
              role={roleOf(inspection.columns, cell.column)}
              labels={inspection.labels}
              text={drafts.get(cell.column) ?? cell.value}
              onText={(text) => setDrafts(new Map([...drafts, [cell.column, text]]))}
            />
          ))}
        </div>
      )}
      <ComparedTokens path={path} options={options} row={row.where} steps={steps} withDrafts={withDrafts} />
    </Panel>
  );
}

interface CellFieldProps {
  cell: EditableCell;
  role: (typeof textColumnRoles)[number] | null;
  labels: readonly string[];
  text: string;
  onText: (text: string) => void;
}

function CellField({ cell, role, labels, text, onText }: CellFieldProps) {
  const label = (
    <Group gap={6} component="span" display="inline-flex">
      {cell.column}
      <Text c="dimmed" span>
        {role === null ? strings.unused : strings.role(roleWords[role].toLowerCase())}
      </Text>
      {cell.isText ? null : (
        <Badge color="gray" size="sm">
          {strings.json}
        </Badge>
      )}
      {cell.isEdited ? <Badge size="sm">{strings.edited}</Badge> : null}
    </Group>
  );
  const name = { label, 'aria-label': cell.column };
  if (cell.isCut) return <Textarea {...name} value={text} disabled rows={4} description={strings.cut(text.length)} />;
  if (role === 'label' && cell.isText)
    return <Autocomplete {...name} w={320} data={[...labels]} value={text} onChange={onText} />;
  const isGood = text === cell.value || cellValue(cell, text) !== undefined;
  return (
    <Textarea
      {...name}
      autosize
      minRows={1}
      maxRows={10}
      value={text}
      error={isGood ? null : strings.noJson}
      onChange={(event) => onText(event.currentTarget.value)}
    />
  );
}

function roleOf(columns: TextColumns, column: string): CellFieldProps['role'] {
  return textColumnRoles.find((role) => columns[role] === column) ?? null;
}

interface ComparedTokensProps {
  path: string;
  options: ParameterValues;
  row: string;
  steps: readonly DataStep[];
  /** The steps with the edits that are not applied yet. */
  withDrafts: readonly DataStep[];
}

/** The row as a base model reads it: as the file has it, and with its edits. */
function ComparedTokens({ path, options, row, steps, withDrafts }: ComparedTokensProps) {
  const [modelId, setModelId] = useState<string | null>(null);
  const { models, model } = useTextModels(modelId);
  const before = useMemo(() => writeDataSteps(withoutRow(steps, row)), [steps, row]);
  const [after] = useDebouncedValue(writeDataSteps(withDrafts), 300);
  if (model === null) return null;
  return (
    <>
      <Select
        label={strings.model}
        w={240}
        mt={16}
        data={models.map(({ id, name }) => ({ value: id, label: name }))}
        value={model.id}
        allowDeselect={false}
        onChange={setModelId}
      />
      <div className={classes['compared']}>
        {[
          { title: strings.before, steps: before },
          ...(after === before ? [] : [{ title: strings.after, steps: after }]),
        ].map((side) => (
          <section key={side.title} aria-label={side.title}>
            <Text fw={600}>{side.title}</Text>
            <RowTokens
              request={{ path, options: { ...options, steps: side.steps }, row, model: model.id }}
              modelName={model.name}
            />
          </section>
        ))}
      </div>
    </>
  );
}

interface RowTokensProps {
  request: { path: string; options: ParameterValues; row: string; model: string };
  modelName: string;
}

function RowTokens({ request, modelName }: RowTokensProps) {
  const answer = useRequest('datasets.inspectTokens', request);
  const last = useLastAnswer(answer.data);
  if (answer.error) return <ErrorNote error={answer.error} />;
  if (last === undefined) return <Skeleton height={120} />;
  if (last.example === null) return <EmptyState>{last.rows[0]?.problem ?? strings.becomesNone}</EmptyState>;
  return <TokenView read={last.example} modelName={modelName} isStale={answer.data === undefined} />;
}
