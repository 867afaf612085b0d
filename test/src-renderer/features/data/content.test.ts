import { expect, it } from 'vitest';
import { contentWords } from '../../../../src-renderer/features/data/content.ts';
import {
  type DatasetDescription,
  noColumns,
  type TextDescription,
} from '../../../../src-shared/domain/data/dataset.ts';

const text: TextDescription = {
  shape: 'columns',
  columnNames: ['text'],
  columns: { ...noColumns, text: 'text' },
  labelKind: 'none',
  splitRule: 'by file',
  rowCount: 6,
  faultyRows: 0,
  duplicates: { comparedRows: 6, withinTrain: 0, withinTest: 0, across: 0, nearComparedRows: 6, nearAcross: 0 },
};
const description: DatasetDescription = {
  task: 'text',
  text,
  labels: [],
  image: null,
  splits: [],
  problems: [],
  sizeBytes: 1,
};
const columns = { ...text.columns, text: null };

it.each([
  ['1 class', { ...description, labels: ['ham'] }],
  ['2 classes', { ...description, text: null, labels: ['cat', 'dog'] }],
  ['unlabeled', description],
  ['numbers', { ...description, text: { ...text, labelKind: 'numbers' as const } }],
  ['prompts', { ...description, text: { ...text, columns: { ...columns, completion: 'output' } } }],
  ['conversations', { ...description, text: { ...text, columns: { ...columns, messages: 'messages' } } }],
])('%s', (words, described) => {
  expect(contentWords(described)).toBe(words);
});
