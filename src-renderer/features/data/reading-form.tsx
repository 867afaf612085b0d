import { Button, Skeleton, Text, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { TextInspection } from '../../../src-shared/domain/data/dataset.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Select } from '../../components/form/choices.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { Segments } from '../../components/form/segments.tsx';
import { fileName } from '../../components/format/file-name.ts';
import { formatCount, plural } from '../../components/format/format.ts';
import { PathText } from '../../components/format/path-text.tsx';
import { Detail } from '../../components/layout/detail.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { DataTable } from '../../components/table/data-table.tsx';
import { dataStrings } from '../../strings/data.ts';
import { dataEditorStrings } from '../../strings/data-editor.ts';
import { AccountingPanel, ContentQuestions } from './accounting-panel.tsx';
import classes from './data.module.css';
import { RowEditor } from './editor/row-editor.tsx';
import { StepList } from './editor/step-list.tsx';
import { byPlace, ProblemList } from './problem-list.tsx';
import { hasTooManyFaults, kindWords, labelsWords, type Reading, rowKinds } from './reading.ts';
import { rowColumns } from './row-columns.tsx';
import { TemplatePreview } from './template-preview.tsx';
import { useReadingForm } from './use-reading-form.ts';

/** Form for importing a text file: columns, split and options next to a preview; for a new dataset or again. */
export function ReadingForm({ reading }: { reading: Reading }) {
  const { path, datasetId } = reading;
  const form = useReadingForm(reading);
  const { answer, last, fitting, reason } = form;
  const [view, setView] = useState<'preview' | 'edit'>('preview');
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault();
        form.save();
      }}
    >
      <Detail
        title={`Import ${fileName(path)}`}
        note={reason}
        actions={
          <>
            <Button variant="default" onClick={form.cancel} disabled={form.isSaving}>
              Cancel
            </Button>
            <Button type="submit" disabled={reason !== null} loading={form.isSaving}>
              {datasetId === null ? 'Add' : 'Re-import'}
            </Button>
          </>
        }
      >
        {form.failure ? <ErrorNote error={form.failure} /> : null}
        {answer.error ? (
          <ErrorNote error={answer.error} action={{ label: 'Try again', onClick: () => void answer.refetch() }} />
        ) : null}
        <Panel title="File">
          <div className={classes['naming']}>
            {datasetId === null ? (
              <TextInput
                label="Name of the dataset"
                w={280}
                value={reading.name}
                onChange={(event) => form.setName(event.currentTarget.value)}
              />
            ) : null}
            <PathText path={path} />
          </div>
          {last?.notes?.map((note) => (
            <Text key={note} c="dimmed" mt="xs">
              {note}
            </Text>
          ))}
        </Panel>
        {last ? <OptionPanels form={form} /> : answer.error ? null : <WaitingPanels />}
        {last?.misfit && form.isSettled && form.missing === null ? <ErrorNote error={last.misfit} /> : null}
        {fitting && form.isShown ? (
          <>
            <StepList
              steps={form.steps}
              labels={fitting.labels}
              onChange={form.changeSteps}
              onUndo={form.undo}
              onRedo={form.redo}
            />
            {fitting.problems.length > 0 ? (
              <Panel
                title="Problems"
                note={dataStrings.problemsNote(hasTooManyFaults(fitting, form.fittingOptions))}
                aside={
                  fitting.repairableRows ? (
                    <Button variant="default" size="compact-sm" onClick={form.repair}>
                      {dataStrings.repairs.repair(fitting.repairableRows)}
                    </Button>
                  ) : null
                }
              >
                <ProblemList problems={byPlace(fitting.problems)} />
              </Panel>
            ) : null}
            <div className={classes['views']}>
              <Segments
                aria-label={dataEditorStrings.views.label}
                data={[
                  { value: 'preview', label: dataEditorStrings.views.preview },
                  { value: 'edit', label: dataEditorStrings.views.edit },
                ]}
                value={view}
                onChange={(value) => setView(value === 'edit' ? 'edit' : 'preview')}
              />
            </div>
            {view === 'edit' && typeof form.steps !== 'string' ? (
              <RowEditor
                path={path}
                options={form.fittingOptions}
                inspection={fitting}
                steps={form.steps}
                onSteps={form.changeSteps}
              />
            ) : (
              <>
                <Panel title="First rows" note={rowsWords(fitting)} flush>
                  <RowPreview inspection={fitting} isStale={!form.isSettled || last !== fitting} />
                </Panel>
                <TemplatePreview key={path} path={path} options={form.fittingOptions} rows={fitting.rows} />
              </>
            )}
            {fitting.accounting ? (
              <AccountingPanel accounting={fitting.accounting} onMergeLabels={form.mergeLabels} />
            ) : null}
            <RowChanges title={dataStrings.repairs.offered} changes={fitting.offers} />
            <RowChanges title={dataStrings.repairs.repaired} changes={fitting.repairs} />
          </>
        ) : answer.error ? null : (
          <Panel title="First rows">
            {answer.isPending ? (
              <Skeleton height={240} />
            ) : (
              <EmptyState>The first rows appear here once the columns are chosen.</EmptyState>
            )}
          </Panel>
        )}
      </Detail>
    </form>
  );
}

interface RowChangesProps {
  title: string;
  changes: TextInspection['repairs'];
}

/** Changes that the steps make in the first rows, row by row; renders nothing if there are none. */
function RowChanges({ title, changes = [] }: RowChangesProps) {
  if (changes.length === 0) return null;
  return (
    <Panel title={title} note={dataStrings.repairs.inFirstRows}>
      <ProblemList problems={changes} title={title} />
    </Panel>
  );
}

/** While the file is read for the first time: fields without a choice would say that none was detected. */
function WaitingPanels() {
  return (
    <>
      <Panel title="Columns">
        <Skeleton height={256} />
      </Panel>
      <Panel title="Split">
        <Skeleton height={176} />
      </Panel>
    </>
  );
}

/** Columns, split, and what else the reader declares. */
function OptionPanels({ form }: { form: ReturnType<typeof useReadingForm> }) {
  const { kind, columns, fitting, split, otherFields } = form;
  const error = form.answer.error ?? form.failure;
  return (
    <>
      <ContentQuestions questions={form.questions} roles={form.freeRoles} onAnswer={form.answerQuestion} />
      <Panel
        title="Columns"
        note={form.isStated ? 'custom' : 'auto-detected'}
        aside={
          form.isStated ? (
            <Button variant="subtle" onClick={form.guessAgain}>
              Auto-detect
            </Button>
          ) : null
        }
      >
        <div className={classes['fields']}>
          <Select
            label="Row type"
            data={rowKinds.map((value) => ({ value, label: kindWords[value] }))}
            value={kind}
            onChange={(value) => form.setKind(rowKinds.find((one) => one === value) ?? 'text')}
            allowDeselect={false}
            w={228}
          />
          <ParameterForm {...form.columnFields} error={error} />
          {form.isShown && fitting && kind === 'text' && columns.label !== null ? (
            <Text c="dimmed">{labelsWords(fitting)}</Text>
          ) : null}
        </div>
      </Panel>
      <Panel title="Split" note={split.rule}>
        <div className={classes['fields']}>
          <Segments aria-label="Split by" data={split.choices} value={split.by} onChange={split.choose} />
          <ParameterForm {...split.fields} error={error} />
        </div>
      </Panel>
      {otherFields.declaration.parameters.length > 0 ? (
        <Panel title="Options">
          <ParameterForm {...otherFields} error={error} />
        </Panel>
      ) : null}
    </>
  );
}

function rowsWords({ rows, rowsRead, isWhole, problems }: TextInspection): string {
  const read = isWhole ? plural(rowsRead, 'row') : `the first ${plural(rowsRead, 'row')}`;
  const found = problems.length === 0 ? 'no problems found' : 'see problems below';
  return `${formatCount(rows.length)} shown of ${read} read; ${found}`;
}

/** The first rows of a file as the examples that they would become. */
function RowPreview({ inspection, isStale }: { inspection: TextInspection; isStale: boolean }) {
  const { columns, rows } = inspection;
  const shown = useMemo(() => rowColumns(columns, { withSplit: true }), [columns]);
  return (
    <div className={classes['rows']} data-stale={isStale || undefined}>
      {/* By place: two files for the splits may have the same name. */}
      <DataTable label="First rows" items={rows} itemId={(row) => String(rows.indexOf(row))} columns={shown} />
    </div>
  );
}
