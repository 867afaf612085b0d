import { Button, SegmentedControl, Skeleton, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { noColumns, type TextInspection } from '../../../src-shared/domain/dataset.ts';
import type { ParameterSpec } from '../../../src-shared/domain/parameter.ts';
import { useAction, useLastAnswer, useRequest } from '../../api/query.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { ParameterFields } from '../../components/form/parameter-fields.tsx';
import { formatCount, plural } from '../../components/format/format.ts';
import { PathText } from '../../components/format/path-text.tsx';
import { Detail } from '../../components/layout/detail.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import classes from './data.module.css';
import { ProblemList } from './problem-list.tsx';
import {
  guessAgain,
  kindOfColumns,
  kindRoles,
  kindWords,
  labelsWords,
  type Reading,
  rowKinds,
  shownColumns,
  shownSplit,
  splitFields,
  splitValues,
  whatIsMissing,
  whatIsWrong,
  withColumn,
  withKind,
} from './reading.ts';
import { changeReading, closeReading } from './reading-store.ts';
import { RowPreview } from './row-preview.tsx';

/** How a file of texts is read: decided before it is added, or anew for a dataset that was; what comes of it is seen at once. */
export function ReadingForm({ reading }: { reading: Reading }) {
  const { path, datasetId, options } = reading;
  const [settled] = useDebouncedValue(options, 150);
  const catalog = useRequest('app.catalog', {}).data;
  const guess = useRequest('datasets.inspect', { path }).data?.text;
  const answer = useRequest('datasets.inspect', { path, options: settled });
  const last = useLastAnswer(answer.data)?.text ?? undefined;
  // What fitted stays in sight while other choices do not fit yet.
  const fitting = useLastAnswer(last?.misfit === null ? last : undefined);
  const isSettled = answer.data !== undefined && settled === options;
  const specs = catalog?.datasetReaders.find(({ id }) => id === reading.reader)?.parameters ?? [];

  const columns = shownColumns(options, last?.columns ?? noColumns);
  const kind = reading.kind ?? kindOfColumns(columns);
  const missing = whatIsMissing(kind, columns, shownSplit(options, last), splitValues(options, fitting));
  const reason = answer.error ? 'The file cannot be read.' : (missing ?? whatIsWrong(isSettled ? last : undefined));
  const isShown = fitting !== undefined && kindOfColumns(fitting.columns) === kind;
  const done = (verb: string) => (dataset: { id: string; name: string }) => {
    closeReading(path);
    notifySuccess(`Dataset ${verb}`, dataset.name);
    navigate(pathOf('data', dataset.id), { replace: true });
  };
  const add = useAction('datasets.add', { onSuccess: done('added'), onError: () => undefined });
  const update = useAction('datasets.update', { onSuccess: done('read anew'), onError: () => undefined });
  const isPending = add.isPending || update.isPending;
  const thrown = add.error ?? update.error;
  const failure = thrown instanceof StudioError && thrown.code === 'cancelled' ? null : thrown;
  const save = () => {
    if (reason !== null || isPending) return;
    if (datasetId === null) add.mutate({ path, name: reading.name || undefined, options });
    else update.mutate({ id: datasetId, options });
  };
  const cancel = () => {
    closeReading(path);
    navigate(datasetId === null ? '/data' : pathOf('data', datasetId), { replace: true });
  };
  const change = (changes: Partial<Reading>) => changeReading(path, changes);
  const fileName = path.split(/[\\/]/).at(-1) ?? path;

  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Detail
        title={`How is ${fileName} read?`}
        note={reason}
        actions={
          <>
            <Button variant="default" onClick={cancel} disabled={isPending}>
              Cancel
            </Button>
            <Button type="submit" disabled={reason !== null} loading={isPending}>
              {datasetId === null ? 'Add' : 'Read it anew'}
            </Button>
          </>
        }
      >
        {failure ? <ErrorNote error={failure} /> : null}
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
                onChange={(event) => change({ name: event.currentTarget.value })}
              />
            ) : null}
            <PathText path={path} />
          </div>
        </Panel>
        {answer.error && last === undefined ? null : (
          <>
            <Panel
              title="Columns"
              note={options['guess_columns'] === false ? 'as you chose' : 'guessed from names and contents'}
              aside={
                options['guess_columns'] === false ? (
                  <Button variant="subtle" onClick={() => change({ options: guessAgain(options), kind: null })}>
                    Guess again
                  </Button>
                ) : null
              }
            >
              <div className={classes['fields']}>
                <SegmentedControl
                  aria-label="What a row is"
                  data={rowKinds.map((value) => ({ value, label: kindWords[value] }))}
                  value={kind}
                  onChange={(value) => {
                    const next = rowKinds.find((one) => one === value) ?? 'text';
                    change({
                      kind: next,
                      options: withKind(options, next, guess ? kindOfColumns(guess.columns) : null),
                    });
                  }}
                />
                <div className={classes['fieldRow']}>
                  <ParameterFields
                    specs={specsOf(specs, kindRoles[kind])}
                    values={Object.fromEntries(kindRoles[kind].map((role) => [role, columns[role] ?? '']))}
                    columns={last?.columnNames ?? []}
                    onChange={(values) => {
                      const role = kindRoles[kind].find((one) => values[one] !== (columns[one] ?? ''));
                      if (role === undefined) return;
                      change({ kind, options: withColumn(options, columns, kind, role, String(values[role])) });
                    }}
                  />
                </div>
                {isShown && kind === 'text' && columns.label !== null ? (
                  <Text c="dimmed">{labelsWords(fitting)}</Text>
                ) : null}
              </div>
            </Panel>
            <SplitPanel reading={reading} inspection={fitting} specs={specs} />
          </>
        )}
        {last?.misfit && isSettled && missing === null ? <ErrorNote error={last.misfit} /> : null}
        {fitting && isShown ? (
          <>
            <Panel title="First rows" note={rowsWords(fitting)} flush>
              <RowPreview inspection={fitting} isStale={!isSettled || last !== fitting} />
            </Panel>
            {fitting.problems.length > 0 ? (
              <Panel title="Problems" note="these rows are left out; all rows are checked when it is added">
                <ProblemList problems={fitting.problems} />
              </Panel>
            ) : null}
          </>
        ) : answer.error ? null : (
          <Panel title="First rows">
            {answer.isPending ? (
              <Skeleton height={240} />
            ) : (
              <EmptyState>The first rows appear here once the columns to read from are chosen.</EmptyState>
            )}
          </Panel>
        )}
      </Detail>
    </form>
  );
}

interface SplitPanelProps {
  reading: Reading;
  inspection: TextInspection | undefined;
  specs: readonly ParameterSpec[];
}

/** Which rows are kept for testing. */
function SplitPanel({ reading, inspection, specs }: SplitPanelProps) {
  const { options, path } = reading;
  const by = shownSplit(options, inspection);
  const choices = specs.find(({ name }) => name === 'split_by')?.choices ?? [];
  const found = inspection?.split;
  return (
    <Panel title="Split" note={found?.by === by ? found.rule : null}>
      <div className={classes['fields']}>
        <SegmentedControl
          aria-label="Split by"
          data={choices.filter(({ value }) => value !== 'guessed')}
          value={by}
          onChange={(value) => changeReading(path, { options: { ...options, split_by: value } })}
        />
        <div className={classes['fieldRow']}>
          <ParameterFields
            specs={specsOf(specs, splitFields[by])}
            values={splitValues(options, inspection)}
            columns={inspection?.columnNames ?? []}
            suggestions={{ test_split: found?.values ?? [] }}
            onChange={(values) => {
              const changed = splitFields[by].flatMap((name) => (name in values ? [[name, values[name]]] : []));
              changeReading(path, { options: { ...options, ...Object.fromEntries(changed), split_by: by } });
            }}
          />
        </div>
      </div>
    </Panel>
  );
}

function specsOf(specs: readonly ParameterSpec[], names: readonly string[]): ParameterSpec[] {
  return names.flatMap((name) => specs.find((spec) => spec.name === name) ?? []);
}

function rowsWords({ rows, rowsRead, isWhole, problems }: TextInspection): string {
  const read = isWhole ? plural(rowsRead, 'row') : `the first ${plural(rowsRead, 'row')}`;
  const found = problems.length === 0 ? 'nothing is wrong with them' : 'what is wrong with some stands below';
  return `${formatCount(rows.length)} shown of ${read} read; ${found}`;
}
