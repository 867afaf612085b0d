import { useDebouncedValue } from '@mantine/hooks';
import { useMemo } from 'react';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { openQuestions } from '../../../src-shared/domain/data/accounting.ts';
import type { DataStep } from '../../../src-shared/domain/data/data-steps.ts';
import { noColumns } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterSpec, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { firstProblem, knownValues } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { useAction, useLastAnswer, useRequest } from '../../api/query.ts';
import { navigate, navigateFrom, pathOf } from '../../app/routes.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import type { ParameterBases } from '../../components/form/parameter-origin.ts';
import { stepsOfReading, travelled, withSteps } from './editor/step-history.ts';
import {
  type ColumnRole,
  guessAgain,
  kindOfColumns,
  kindRoles,
  type Reading,
  type RowKind,
  shownColumns,
  shownSplit,
  splitFields,
  splitValues,
  unmatchedTestValue,
  whatIsMissing,
  whatIsWrong,
  withColumn,
  withKind,
  withoutContent,
} from './reading.ts';
import { changeReading, closeReading } from './reading-store.ts';

/** Options that the panels of columns and of the split set; a reader's others have a panel of their own. */
const placed: ReadonlySet<string> = new Set([
  ...Object.values(kindRoles).flat(),
  ...Object.values(splitFields).flat(),
  'guess_columns',
  // In a list of its own.
  'steps',
  'split_by',
]);

/** State of the import form: the preview with the current options, what is missing, and the ways out of the form. */
export function useReadingForm(reading: Reading) {
  const { path, options } = reading;
  const catalog = useRequest('app.catalog', {}).data;
  const specs = catalog?.datasetReaders.find(({ id }) => id === reading.reader)?.parameters ?? [];
  // An option that its declaration refuses has its sentence beside the field: the file is not asked about it.
  const problem = firstProblem(specs, knownValues(specs, options));
  const [settled] = useDebouncedValue(options, 150);
  const guess = useRequest('datasets.inspect', { path }).data?.text;
  const answer = useRequest(
    'datasets.inspect',
    { path, options: settled },
    { enabled: firstProblem(specs, knownValues(specs, settled)) === null },
  );
  const last = useLastAnswer(answer.data)?.text ?? undefined;
  // Keeps the last valid preview while other choices do not fit yet.
  const fitting = useLastAnswer(last?.misfit === null ? last : undefined);
  // Options of the last valid preview.
  const fittingOptions =
    useLastAnswer(last?.misfit === null && answer.data !== undefined ? settled : undefined) ?? settled;
  const isSettled = answer.data !== undefined && settled === options;

  const columns = shownColumns(options, last?.columns ?? noColumns);
  const kind = reading.kind ?? kindOfColumns(columns);
  const by = shownSplit(options, fitting);
  const missing = whatIsMissing(kind, columns, shownSplit(options, last), splitValues(options, fitting));
  const unmatched = isSettled ? unmatchedTestValue(specs, options, last) : null;
  const reason = answer.error
    ? 'The file cannot be read.'
    : // Nothing is known to be missing before the columns are.
      ((last && missing) ??
      problem ??
      // In a long file, later rows may contain the value.
      (last?.isWhole ? unmatched : null) ??
      whatIsWrong(isSettled ? last : undefined, options));
  const change = (changes: Partial<Reading>) => changeReading(path, changes);
  const steps = useMemo(() => stepsOfReading({ options }), [options]);
  const [undone, redone] = [travelled(reading, 'undo'), travelled(reading, 'redo')];
  const saving = useSaving(reading, reason);
  const splitSpecs = specsOf(specs, splitFields[by]);
  return {
    answer,
    last,
    fitting,
    fittingOptions,
    isSettled,
    missing,
    reason,
    columns,
    kind,
    isShown: fitting !== undefined && kindOfColumns(fitting.columns) === kind,
    isStated: options['guess_columns'] === false,
    ...saving,
    setName: (name: string) => change({ name }),
    setKind: (next: RowKind) =>
      change({ kind: next, options: withKind(options, next, guess ? kindOfColumns(guess.columns) : null) }),
    guessAgain: () => change({ options: guessAgain(options), kind: null }),
    /** Columns that look like content and have no role, and the roles that one of them may have. */
    questions: fitting?.accounting === undefined ? [] : openQuestions(fitting.accounting),
    freeRoles: kindRoles[kind].filter((role) => columns[role] === null),
    answerQuestion: (column: string, role: ColumnRole | null) =>
      change({
        kind,
        options: role === null ? withoutContent(options, column) : withColumn(options, columns, kind, role, column),
      }),
    steps,
    changeSteps: (next: readonly DataStep[]) => change(withSteps(reading, next)),
    undo: undone && (() => change(undone)),
    redo: redone && (() => change(redone)),
    /** Before the other steps: what they drop as faulty is mended first. */
    repair: () => change(withSteps(reading, [{ step: 'repair' }, ...(typeof steps === 'string' ? [] : steps)])),
    /** After the other steps: a renamed label may be one of those merged. */
    mergeLabels: () =>
      change(withSteps(reading, [...(typeof steps === 'string' ? [] : steps), { step: 'merge-labels' }])),
    columnFields: {
      declaration: { parameters: specsOf(specs, kindRoles[kind]), card: 'guide/data' },
      values: Object.fromEntries(kindRoles[kind].map((role) => [role, columns[role] ?? ''])),
      bases: detected(kindRoles[kind].map((role) => [role, guess?.columns[role] ?? ''])),
      columns: withSeveral(last?.columnNames ?? [], columns.label),
      onChange: (values: ParameterValues) => {
        const next = kindRoles[kind].map((role) => ({
          role,
          column: String(values[role] ?? guess?.columns[role] ?? ''),
        }));
        const changed = next.find(({ role, column }) => column !== (columns[role] ?? ''));
        if (changed === undefined) return;
        change({ kind, options: withColumn(options, columns, kind, changed.role, changed.column) });
      },
    },
    split: {
      by,
      rule: fitting?.split?.by === by ? fitting.split.rule : null,
      choices: (specs.find(({ name }) => name === 'split_by')?.choices ?? []).filter(
        ({ value }) => value !== 'guessed',
      ),
      choose: (value: string) => change({ options: { ...options, split_by: value } }),
      fields: {
        declaration: { parameters: splitSpecs, card: 'guide/data' },
        values: options,
        bases: detected([
          ['split_column', fitting?.split?.column ?? ''],
          ['test_file', fitting?.split?.testFile ?? ''],
        ]),
        columns: fitting?.columnNames ?? [],
        suggestions: { test_split: fitting?.split?.values ?? [] },
        problems: new Map(unmatched === null ? [] : [['test_split', unmatched]]),
        onChange: (values: ParameterValues) => change({ options: { ...values, split_by: by } }),
      },
    },
    otherFields: {
      declaration: { parameters: specs.filter(({ name }) => !placed.has(name)), card: 'guide/data' },
      values: options,
      columns: last?.columnNames ?? [],
      onChange: (values: ParameterValues) => change({ options: values }),
    },
  };
}

/** Adds the dataset, or imports it again, unless there is a `reason` why not; then goes to it. */
function useSaving({ path, datasetId, name, options }: Reading, reason: string | null) {
  const done = (verb: string) => (dataset: { id: string; name: string }) => {
    closeReading(path);
    notifySuccess(`Dataset ${verb}`, dataset.name);
    navigateFrom('data', pathOf('data', dataset.id), { replace: true });
  };
  const add = useAction('datasets.add', { onSuccess: done('added'), onError: () => undefined });
  const update = useAction('datasets.update', { onSuccess: done('re-imported'), onError: () => undefined });
  const isSaving = add.isPending || update.isPending;
  const thrown = add.error ?? update.error;
  return {
    isSaving,
    failure: thrown instanceof StudioError && thrown.code === 'cancelled' ? null : thrown,
    save: () => {
      if (reason !== null || isSaving) return;
      if (datasetId === null) add.mutate({ path, name: name || undefined, options });
      else update.mutate({ id: datasetId, options });
    },
    cancel: () => {
      closeReading(path);
      navigate(datasetId === null ? '/data' : pathOf('data', datasetId), { replace: true });
    },
  };
}

function detected(values: readonly (readonly [string, string])[]): ParameterBases {
  return Object.fromEntries(
    values.flatMap(([name, value]) => (value === '' ? [] : [[name, { value, from: 'detected' } as const]])),
  );
}

/** The columns to choose from, with the several that labels are in (`toxic, insult`). */
function withSeveral(names: readonly string[], label: string | null): readonly string[] {
  return label === null || names.includes(label) ? names : [...names, label];
}

function specsOf(specs: readonly ParameterSpec[], names: readonly string[]): ParameterSpec[] {
  return names.flatMap((name) => specs.find((spec) => spec.name === name) ?? []);
}
