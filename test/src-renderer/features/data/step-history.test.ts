import { expect, test } from 'vitest';
import {
  cellValue,
  stepsOfReading,
  travelled,
  withEdits,
  withoutRow,
  withoutRows,
  withSteps,
} from '../../../../src-renderer/features/data/editor/step-history.ts';
import type { DataStep } from '../../../../src-shared/domain/data/data-steps.ts';

const start = { options: { text: 'body', steps: 'trim' } };
const edit: DataStep = { step: 'edit', row: 'row 2', column: 'label', value: 'a' };

test('every change of the steps can be undone and redone, until another is made', () => {
  const one = withSteps(start, [{ step: 'trim' }, edit]);
  const none = withSteps({ ...start, ...one }, []);
  expect(none.options).toEqual({ text: 'body' });
  const undone = travelled(none, 'undo');
  expect(undone && stepsOfReading(undone)).toEqual([{ step: 'trim' }, edit]);
  const first = undone && travelled(undone, 'undo');
  expect(first?.options).toEqual(start.options);
  expect(first && travelled(first, 'undo')).toBe(null);
  const again = first && travelled(first, 'redo');
  expect(again && stepsOfReading(again)).toEqual([{ step: 'trim' }, edit]);
  const other = again && withSteps(again, [{ step: 'repair' }]);
  expect(other && travelled(other, 'redo')).toBe(null);
});

test('a cell that is edited again has its last value alone; a restored row has no steps', () => {
  const other: DataStep = { ...edit, row: 'row 3' };
  const steps = withEdits([edit, other, { step: 'trim' }], 'row 2', new Map([['label', 'b']]));
  expect(steps).toEqual([other, { step: 'trim' }, { ...edit, value: 'b' }]);
  expect(withoutRow([...steps, { step: 'drop-row', row: 'row 2' }], 'row 2')).toEqual([other, { step: 'trim' }]);
});

test('a row is left out once', () => {
  const dropped: DataStep = { step: 'drop-row', row: 'row 2' };
  expect(withoutRows([dropped], ['row 2', 'row 4'])).toEqual([dropped, { step: 'drop-row', row: 'row 4' }]);
});

test('a list stays a list', () => {
  expect(cellValue({ isText: true }, '[1]')).toBe('[1]');
  expect(cellValue({ isText: false }, '[1, "a"]')).toEqual([1, 'a']);
  expect(cellValue({ isText: false }, '[1')).toBeUndefined();
});
