import { describe, expect, it } from 'vitest';
import {
  guessAgain,
  kindOfColumns,
  labelsWords,
  shownColumns,
  shownSplit,
  splitValues,
  taskWords,
  unmatchedTestValue,
  whatIsMissing,
  whatIsWrong,
  withColumn,
  withKind,
} from '../../../../src-renderer/features/data/reading.ts';
import {
  noColumns as none,
  type TextColumns,
  type TextDescription,
  type TextInspection,
} from '../../../../src-shared/domain/data/dataset.ts';

const guessed: TextColumns = { ...none, text: 'review', label: 'stars' };
const inspection: TextInspection = {
  columnNames: ['review', 'stars', 'verdict'],
  columns: guessed,
  isGuessed: true,
  split: { by: 'column', rule: '', column: 'part', values: ['train', 'test'], testFile: null },
  misfit: null,
  rows: [{ kind: 'fault', where: 'row 2', message: 'review is missing' }],
  labelKind: 'classes',
  labels: ['a', 'b'],
  rowsRead: 1,
  isWhole: true,
  problems: [],
};

describe('a split by a column', () => {
  it('says where its value is typed that no row has it', () => {
    const specs = [{ name: 'test_split', label: 'Test value', type: 'text' as const, default: 'test', help: '' }];
    const heldOut = { by: 'column' as const, rule: '', column: 'part', values: ['train', 'heldout'], testFile: null };
    const read = { ...inspection, split: heldOut, rowsRead: 1000 };
    expect(unmatchedTestValue(specs, {}, read)).toBe(
      'None of the first 1,000 rows has “test” in part: nothing would be held out for testing. Found: train, heldout.',
    );
    expect(unmatchedTestValue(specs, { test_split: 'heldout' }, read)).toBeNull();
    expect(unmatchedTestValue(specs, {}, inspection)).toBeNull();
    expect(unmatchedTestValue(specs, {}, { ...read, split: { ...heldOut, by: 'share' } })).toBeNull();
  });
});

describe('choosing columns', () => {
  it('states every column that is shown, so that nothing is guessed any more', () => {
    const options = withColumn({ seed: 3 }, guessed, 'text', 'label', 'verdict');
    expect(options).toEqual({ seed: 3, guess_columns: false, text: 'review', label: 'verdict' });
    expect(shownColumns(options, none)).toEqual({ ...none, text: 'review', label: 'verdict' });
  });

  it('leaves a column out, and gives it one role only', () => {
    expect(withColumn({}, guessed, 'text', 'label', '')).toEqual({ guess_columns: false, text: 'review' });
    expect(withColumn({}, guessed, 'text', 'text', 'stars')).toEqual({ guess_columns: false, text: 'stars' });
  });

  it('changing the kind of row clears the columns, unless it was the detected kind', () => {
    const options = withKind({ test_fraction: 0.1, text: 'review' }, 'completion', 'text');
    expect(options).toEqual({ test_fraction: 0.1, guess_columns: false });
    expect(whatIsMissing('completion', shownColumns(options, guessed), 'share', options)).toBe(
      'Choose the column of the completion.',
    );
    expect(withKind(options, 'text', 'text')).toEqual({ test_fraction: 0.1 });
    expect(guessAgain({ guess_columns: false, messages: 'talk', seed: 1 })).toEqual({ seed: 1 });
  });

  it('tells kinds of rows apart by their columns', () => {
    expect(kindOfColumns(guessed)).toBe('text');
    expect(kindOfColumns({ ...none, prompt: 'a' })).toBe('completion');
    expect(kindOfColumns({ ...none, messages: 'a' })).toBe('conversation');
    expect(kindOfColumns({ ...guessed, choices: 'a' })).toBe('choice');
    expect(kindOfColumns({ ...none, question: 'a', context: 'b', answers: 'c' })).toBe('question');
    expect(whatIsMissing('choice', { ...guessed, label: null, choices: 'a' }, 'share', {})).toBe(
      'Choose the column of the label.',
    );
  });
});

describe('choosing a split', () => {
  it('shows what was found until something is chosen', () => {
    expect(shownSplit({}, inspection)).toBe('column');
    expect(shownSplit({ split_by: 'guessed' }, inspection)).toBe('column');
    expect(shownSplit({ split_by: 'file' }, inspection)).toBe('file');
    expect(shownSplit({}, undefined)).toBe('share');
    expect(splitValues({ seed: 1 }, inspection)).toEqual({ split_column: 'part', test_file: '', seed: 1 });
  });

  it('asks for the column or the file that it needs', () => {
    expect(whatIsMissing('text', guessed, 'column', splitValues({}, inspection))).toBeNull();
    expect(whatIsMissing('text', guessed, 'column', {})).toBe('Choose the split column.');
    expect(whatIsMissing('text', guessed, 'file', splitValues({}, inspection))).toBe('Choose the test file.');
    expect(whatIsMissing('text', guessed, 'file', { test_file: '/test.csv' })).toBeNull();
  });
});

it('says what the labels are', () => {
  expect(labelsWords(inspection)).toBe('Labels of all rows: 2 classes: a, b');
  const one = { ...inspection, labels: ['a'] };
  expect(labelsWords(one)).toBe('Labels of all rows: 1 class: a. Classification needs at least two.');
  const many = { ...inspection, labels: [...'abcdefghij'], isWhole: false, rowsRead: 1000 };
  expect(labelsWords(many)).toBe('Labels of the first 1000 rows: 10 classes: a, b, c, d, e, f, g, h and 2 more');
  expect(labelsWords({ ...inspection, labels: [] })).toMatch(/too many distinct/);
});

it('is wrong as long as no row is a good example', () => {
  expect(whatIsWrong(undefined)).toMatch(/Reading the file/);
  expect(whatIsWrong({ ...inspection, misfit: { message: 'no', hint: null } })).toMatch(/do not fit/);
  const faults = (faultyRows: number, rowsRead: number) => whatIsWrong({ ...inspection, faultyRows, rowsRead });
  expect(faults(9, 10)).toMatch(/9 of the first 10 rows are faulty/);
  expect(faults(3, 10)).toMatch(/3 of the first 10 rows are faulty/);
  expect(faults(2, 10)).not.toMatch(/faulty/);
  expect(faults(11, 100)).toMatch(/11 of the first 100 rows are faulty/);
  expect(whatIsWrong(inspection)).toMatch(/None of the first rows/);
  const example = { row: 'row 2', split: 'train', text: 'a', label: null } as const;
  const rest = { textPair: null, choices: null, prompt: null, completion: null, messages: null };
  expect(whatIsWrong({ ...inspection, rows: [{ kind: 'example', example: { ...example, ...rest } }] })).toBeNull();
});

describe('tasks of a dataset in words', () => {
  const text: TextDescription = {
    shape: 'columns',
    columnNames: [],
    columns: guessed,
    labelKind: 'classes',
    splitRule: '',
    rowCount: 0,
    faultyRows: 0,
    duplicates: {
      comparedRows: 0,
      withinTrain: 0,
      withinTest: 0,
      across: 0,
      nearComparedRows: 0,
      nearAcross: 0,
    },
  };
  const numbers = { text: { ...text, labelKind: 'numbers' as const }, labels: [] };
  const talks = {
    text: { ...text, labelKind: 'none' as const, columns: { ...none, messages: 'talk' } },
    labels: [],
  };

  it.each([
    [{ text: null, labels: ['a', 'b'] }, 'Image classification, 2 classes'],
    [{ text, labels: ['a'] }, 'Texts, 1 class'],
    [{ text, labels: [] }, 'Texts, too many classes'],
    [numbers, 'Texts, each with a number'],
    [talks, 'Conversations'],
  ])('%#', (description, task) => {
    expect(taskWords(description)).toBe(task);
  });
});
