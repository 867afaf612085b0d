import type { DataStep } from '../../src-shared/domain/data/data-steps.ts';
import { formatCount, plural } from '../components/format/format.ts';

/** The words of the data editor. */
export const dataEditorStrings = {
  views: { label: 'What the rows are shown as', preview: 'Preview', edit: 'Edit' },
  title: 'Rows',
  note: (from: number, to: number, of: number, read: number, isWhole: boolean) =>
    `${of === 0 ? 'none' : `${formatCount(from)}–${formatCount(to)} of ${formatCount(of)}`}${isWhole ? '' : ` in the first ${plural(read, 'row')}`}`,
  filter: {
    label: 'Rows shown',
    all: (count: number) => `All ${formatCount(count)}`,
    faulty: (count: number) => `Faulty ${formatCount(count)}`,
    changed: (count: number) => `Changed ${formatCount(count)}`,
    'left-out': (count: number) => `Left out ${formatCount(count)}`,
  },
  sort: { label: 'Order of the rows', file: 'File order', problem: 'By problem' },
  search: 'Search the cells…',
  previous: 'Previous rows',
  next: 'Next rows',
  empty: 'No row matches.',
  row: 'Row',
  state: 'State',
  states: { train: 'train', test: 'test', faulty: 'faulty', 'left-out': 'left out' },
  dropSelected: (count: number) => `Leave out ${plural(count, 'row')}`,
  rowForm: {
    title: 'Edit a row',
    choose: 'Choose a row of the table to edit its cells.',
    apply: 'Apply',
    revert: 'Restore from the file',
    drop: 'Leave out',
    keep: 'Put back',
    unreadable: 'The row cannot be read, so its cells cannot be edited. Correct it in the file, or leave it out.',
    role: (role: string) => `read as ${role}`,
    unused: 'not used',
    edited: 'edited',
    cut: (characters: number) => `Longer than ${formatCount(characters)} characters: correct it in the file.`,
    json: 'JSON',
    noJson: 'This is not JSON. The cell is a list, an object or a number in the file, and has to stay one.',
    before: 'From the file',
    after: 'With the edits',
    model: 'Base model',
    becomesNone: 'The row is not used.',
  },
  steps: {
    title: 'Steps',
    note: 'done each time the file is read; the file does not change',
    none: 'No steps. Edit rows below, or add a step for all rows.',
    add: 'Add a step',
    undo: 'Undo',
    redo: 'Redo',
    remove: (step: string) => `Remove the step: ${step}`,
    sample: 'Draw some rows…',
    rename: 'Rename a label…',
    rows: 'Rows',
    seed: 'Seed',
    from: 'Label',
    to: 'New name',
    confirm: 'Add',
    cancel: 'Cancel',
    unknown: (text: string) => `The steps cannot be shown one by one: ${text}`,
  },
  /** Describes a step in a line. */
  step(step: DataStep): string {
    switch (step.step) {
      case 'sample':
        return `Draw ${plural(step.rows, 'row')} (seed ${step.seed})`;
      case 'rename-label':
        return `Rename the label “${step.from}” to “${step.to}”`;
      case 'edit':
        return `Set ${step.column} of ${step.row} to ${quoted(step.value)}`;
      case 'drop-row':
        return `Leave out ${step.row}`;
      default:
        return this.wholeSteps[step.step];
    }
  },
  /** Steps without settings, which a menu offers. */
  wholeSteps: {
    repair: 'Repair faulty rows and spellings of labels',
    trim: 'Remove white space around texts',
    unescape: 'Decode HTML entities',
    'drop-faulty': 'Leave out faulty rows',
    'drop-duplicates': 'Leave out repeated rows',
    'drop-leaks': 'Leave out training rows that are test rows too',
    'drop-near-leaks': 'Leave out training rows that nearly repeat a test row',
    'merge-labels': 'Merge labels that differ by case or white space',
  },
} as const;

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `“${text.length > 80 ? `${text.slice(0, 80)}…` : text}”`;
}
