import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectDataset, inspectDatasetRows, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { type DataStep, writeDataSteps } from '../../../src-shared/domain/data/data-steps.ts';
import { type RowQuery, rowQuerySchema } from '../../../src-shared/domain/data/edited-rows.ts';
import { temporaryFolder } from './make-data.ts';

const path = join(temporaryFolder(), 'reviews.csv');
writeFileSync(
  path,
  [
    'text,label,split',
    'good,pos,train',
    'bad,neg,train',
    ',pos,train',
    'awful,pos,train',
    'fine,Pos,test',
    'good,pos,train',
    'poor,neg,test',
    '',
  ].join('\n'),
);

async function source(steps: readonly DataStep[] | string) {
  return {
    ...(await detectReader(path)),
    options: { steps: typeof steps === 'string' ? steps : writeDataSteps(steps), skip_faulty_rows: true },
  };
}

async function read(steps: readonly DataStep[]) {
  const opened = await openDataset(await source(steps));
  if (opened.kind !== 'texts') throw new Error('these are images');
  const texts: string[] = [];
  for (const split of ['train', 'test'] as const)
    for await (const { row, text, label } of opened.examples(split)) texts.push(`${row}: ${text} ${String(label)}`);
  return { texts, ...(await opened.describe()) };
}

const edits: readonly DataStep[] = [
  { step: 'edit', row: 'row 4', column: 'text', value: 'great' },
  { step: 'edit', row: 'row 5', column: 'label', value: 'neg' },
  { step: 'drop-row', row: 'row 8' },
];

test('edits cells before a row is judged, so that a faulty row can be mended, and leaves rows out', async () => {
  const { texts, text, problems } = await read(edits);
  expect(texts).toEqual([
    'row 2: good pos',
    'row 3: bad neg',
    'row 4: great pos',
    'row 5: awful neg',
    'row 7: good pos',
    'row 6: fine Pos',
  ]);
  expect(text?.faultyRows).toBe(0);
  expect(text?.notes).toEqual(['The step edit changed 2 rows.', 'The step drop-row left out 1 row.']);
  expect(text?.repairs).toEqual([
    { where: 'row 4', message: 'text edited' },
    { where: 'row 5', message: 'label edited' },
  ]);
  expect(problems.map(({ where }) => where)).not.toContain('row 8');
  expect(text?.accounting?.rows.leftOut).toEqual([
    { reason: 'is left out by the step drop-row', count: 1, rows: ['row 8'] },
  ]);
});

test('edits come before other steps, wherever they stand', async () => {
  const last: readonly DataStep[] = [
    { step: 'merge-labels' },
    { step: 'drop-duplicates' },
    { step: 'edit', row: 'row 7', column: 'text', value: 'better' },
    ...edits,
  ];
  expect((await read(last)).texts).toEqual([
    'row 2: good pos',
    'row 3: bad neg',
    'row 4: great pos',
    'row 5: awful neg',
    'row 7: better pos',
    'row 6: fine pos',
  ]);
});

test('names a row that a step edits and the file lacks', async () => {
  const { problems } = await read([{ step: 'drop-row', row: 'row 99' }]);
  expect(problems).toContainEqual({
    where: 'row 99',
    message: 'is named by a step, but the file has no such row: remove the step',
  });
});

test('previews edits and rows left out', async () => {
  const preview = await inspectDataset(await source(edits));
  expect(preview?.faultyRows).toBe(0);
  expect(preview?.rows.find((row) => row.kind === 'left-out')).toMatchObject({ where: 'row 8', isByHand: true });
  expect(preview?.problems).toEqual([]);
});

async function rows(steps: readonly DataStep[] | string, query: Partial<RowQuery> = {}) {
  return inspectDatasetRows(await source(steps), rowQuerySchema.parse(query));
}

test('lists rows with their cells and outcomes', async () => {
  const all = await rows([...edits, { step: 'drop-duplicates' }]);
  expect(all.rows.map(({ where, state }) => `${where} ${state}`)).toEqual([
    'row 2 train',
    'row 3 train',
    'row 4 train',
    'row 5 train',
    'row 6 test',
    'row 7 left-out',
    'row 8 left-out',
  ]);
  expect(all.rows[2]).toEqual({
    where: 'row 4',
    state: 'train',
    message: null,
    changes: ['text edited'],
    cells: [
      { column: 'text', value: 'great', isText: true, isCut: false, isEdited: true },
      { column: 'label', value: 'pos', isText: true, isCut: false, isEdited: false },
      { column: 'split', value: 'train', isText: true, isCut: false, isEdited: false },
    ],
  });
  expect(all.rows[5]?.message).toBe('is left out by the step drop-duplicates');
  expect(all).toMatchObject({
    counts: { all: 7, faulty: 0, changed: 2, 'left-out': 2 },
    rowsRead: 7,
    isWhole: true,
    columnNames: ['text', 'label', 'split'],
  });
});

test('filters, searches, sorts and pages the rows', async () => {
  const where = async (query: Partial<RowQuery>) => (await rows('drop-duplicates', query)).rows.map((row) => row.where);
  expect(await where({ show: 'faulty' })).toEqual(['row 4']);
  expect(await where({ show: 'left-out' })).toEqual(['row 7']);
  expect(await where({ search: 'POS', show: 'all' })).toEqual(['row 2', 'row 4', 'row 5', 'row 6', 'row 7']);
  expect(await where({ sort: 'problem', limit: 3 })).toEqual(['row 7', 'row 4', 'row 2']);
  expect(await where({ offset: 5, limit: 10 })).toEqual(['row 7', 'row 8']);
  expect((await rows('', { search: 'awful' })).counts).toEqual({ all: 1, faulty: 0, changed: 0, 'left-out': 0 });
});

test('shows values that are no text as JSON, long ones cut, and refuses images', async () => {
  const file = join(temporaryFolder(), 'values.jsonl');
  writeFileSync(file, `${JSON.stringify({ text: 'x'.repeat(30_000), label: ['a', 'b'], n: 3 })}\n`);
  const found = await inspectDatasetRows({ ...(await detectReader(file)), options: {} }, rowQuerySchema.parse({}));
  expect(found.rows[0]?.cells.map(({ value, isText, isCut }) => [value.length, isText, isCut])).toEqual([
    [20_000, true, true],
    [9, false, false],
    [1, false, false],
  ]);
  const images = { reader: 'mnist-package', path: 'mnist', options: {} };
  await expect(inspectDatasetRows(images, rowQuerySchema.parse({}))).rejects.toThrow('contains images, not text');
});
