import { expect, test } from 'vitest';
import { type DataStep, parseDataSteps, writeDataSteps } from '../../../../src-shared/domain/data/data-steps.ts';

test('reads the steps that it writes, with texts that look like the notation', () => {
  const steps: DataStep[] = [
    { step: 'repair' },
    { step: 'sample', rows: 5, seed: 7 },
    { step: 'rename-label', from: 'a', to: 'b:c' },
    { step: 'edit', row: 'a;b.csv, row 5', column: 'te"xt', value: 'one; two\nthree "four" \\' },
    { step: 'edit', row: 'row 6', column: 'labels', value: ['x', 3, null, { y: true }] },
    { step: 'drop-row', row: 'a;b.csv, row "7"' },
    { step: 'drop-duplicates' },
  ];
  expect(parseDataSteps(writeDataSteps(steps))).toEqual(steps);
  expect(parseDataSteps('drop-row=row 5; trim')).toEqual([{ step: 'drop-row', row: 'row 5' }, { step: 'trim' }]);
});

test.each([
  ['edit={"row":"row 5","column":"text"}'],
  ['edit={"row":"row 5","column":"text","value":"x","also":1}'],
  ['edit={"row":"row 5'],
  ['edit=row 5'],
  ['drop-row='],
  ['drop-row="row'],
])('rejects %s', (text) => {
  expect(parseDataSteps(text)).toBe(`"${text}" is no step.`);
});

test('takes thousands of edits, and 32 other steps', () => {
  const edits = Array.from({ length: 10_000 }, (_, row): DataStep => ({ step: 'drop-row', row: `row ${row}` }));
  expect(parseDataSteps(writeDataSteps(edits))).toHaveLength(10_000);
  expect(parseDataSteps(writeDataSteps([...edits, { step: 'drop-row', row: 'row x' }]))).toBe(
    'There are 10001 edits of rows; at most 10000 are taken.',
  );
  expect(parseDataSteps(Array.from({ length: 33 }, () => 'trim').join(';'))).toBe(
    'There are 33 steps; at most 32 are taken.',
  );
});
