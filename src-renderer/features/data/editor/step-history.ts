import { type DataStep, parseDataSteps, writeDataSteps } from '../../../../src-shared/domain/data/data-steps.ts';
import type { EditableCell } from '../../../../src-shared/domain/data/edited-rows.ts';
import type { Reading } from '../reading.ts';

/** Steps of a reading; a string is the sentence that says what is wrong with their notation. */
export function stepsOfReading({ options }: Pick<Reading, 'options'>): DataStep[] | string {
  return parseDataSteps(String(options['steps'] ?? ''));
}

type Changed = Pick<Reading, 'options' | 'past' | 'future'>;

/** The reading with other steps, which can be undone. */
export function withSteps(reading: Changed, steps: readonly DataStep[]): Changed {
  const before = String(reading.options['steps'] ?? '');
  return {
    options: withText(reading.options, writeDataSteps(steps)),
    past: [...(reading.past ?? []), before],
    future: [],
  };
}

/** The reading with the steps before the last change, or after the change that was undone last; null if there is none. */
export function travelled({ options, past = [], future = [] }: Changed, direction: 'undo' | 'redo'): Changed | null {
  const now = String(options['steps'] ?? '');
  const text = direction === 'undo' ? past.at(-1) : future.at(-1);
  if (text === undefined) return null;
  return {
    options: withText(options, text),
    past: direction === 'undo' ? past.slice(0, -1) : [...past, now],
    future: direction === 'undo' ? [...future, now] : future.slice(0, -1),
  };
}

function withText(options: Reading['options'], text: string): Reading['options'] {
  const { steps: _, ...rest } = options;
  return text === '' ? rest : { ...rest, steps: text };
}

/** The steps with other values of a row's cells; a cell that was edited before has its last value alone. */
export function withEdits(
  steps: readonly DataStep[],
  row: string,
  values: ReadonlyMap<string, Extract<DataStep, { step: 'edit' }>['value']>,
): DataStep[] {
  const kept = steps.filter((step) => !(step.step === 'edit' && step.row === row && values.has(step.column)));
  return [...kept, ...[...values].map(([column, value]): DataStep => ({ step: 'edit', row, column, value }))];
}

/** The steps without those of a row. */
export function withoutRow(steps: readonly DataStep[], row: string): DataStep[] {
  return steps.filter((step) => !((step.step === 'edit' || step.step === 'drop-row') && step.row === row));
}

/** The steps that leave out these rows too. */
export function withoutRows(steps: readonly DataStep[], rows: readonly string[]): DataStep[] {
  const dropped = new Set(steps.flatMap((step) => (step.step === 'drop-row' ? [step.row] : [])));
  return [...steps, ...rows.flatMap((row): DataStep[] => (dropped.has(row) ? [] : [{ step: 'drop-row', row }]))];
}

/** The value of a cell as its text says it: a text itself, anything else as JSON; undefined if that is none. */
export function cellValue(
  { isText }: Pick<EditableCell, 'isText'>,
  text: string,
): Extract<DataStep, { step: 'edit' }>['value'] | undefined {
  if (isText) return text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
