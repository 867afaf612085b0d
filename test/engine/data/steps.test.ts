import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { parseDataSteps } from '../../../src-shared/domain/data-steps.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
/** 40 training rows, of them 10 repeated and 5 that are tests too; 20 tests; two faulty rows. */
const rows = [
  ...Array.from({ length: 25 }, (_, at) => ({
    text: `train ${at}`,
    label: at % 2 === 0 ? 'neg' : 'pos',
    split: 'train',
  })),
  ...Array.from({ length: 10 }, (_, at) => ({ text: `train ${at}`, label: 'pos', split: 'train' })),
  ...Array.from({ length: 5 }, (_, at) => ({ text: `test ${at}`, label: 'pos', split: 'train' })),
  ...Array.from({ length: 20 }, (_, at) => ({ text: `test ${at}`, label: 'neg', split: 'test' })),
  { text: '', label: 'neg', split: 'train' },
  { text: '  ', label: 'neg', split: 'test' },
];
const path = join(home, 'rows.jsonl');
writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));

async function read(steps: string) {
  const opened = await openDataset({ ...(await detectReader(path)), options: { steps } });
  if (opened.kind !== 'texts') throw new Error('these are images');
  const texts: Record<'train' | 'test', string[]> = { train: [], test: [] };
  // Every reading has the same rows.
  for (const split of ['train', 'test', 'train', 'test'] as const) {
    const found: string[] = [];
    for await (const { text, label } of opened.examples(split)) found.push(`${text} ${String(label)}`);
    if (texts[split].length > 0) expect(found).toEqual(texts[split]);
    texts[split] = found;
  }
  const { splits, labels, text, problems } = await opened.describe();
  expect(splits.map(({ exampleCount }) => exampleCount)).toEqual([texts.train.length, texts.test.length]);
  return { ...texts, labels, text, problems };
}

test.each([
  ['', 40, 20, 2],
  ['drop-duplicates', 30, 20, 2],
  ['drop-leaks', 35, 20, 2],
  ['drop-faulty', 40, 20, 0],
  ['sample=7', 7, 20, 2],
  ['sample=1000', 40, 20, 2],
  ['drop-duplicates; drop-leaks; sample=7@3; drop-faulty', 7, 20, 0],
  ['drop-duplicates\ndrop-leaks', 25, 20, 2],
])('"%s" leaves %d rows to train on, %d to test on and %d faulty ones', async (steps, train, tests, faulty) => {
  const found = await read(steps);
  expect([found.train.length, found.test.length, found.text?.faultyRows]).toEqual([train, tests, faulty]);
});

test('what a step leaves out is said, and which rows they are follows from the rules', async () => {
  const found = await read('drop-duplicates; drop-leaks; rename-label=neg:negative; rename-label=pos:positive');
  expect(found.text?.notes).toEqual([
    'The step drop-duplicates left out 10 rows.',
    'The step drop-leaks left out 5 rows.',
  ]);
  expect(found.labels).toEqual(['negative', 'positive']);
  // The first of equal rows stays; the test stays what it is.
  expect(found.train).toEqual(
    Array.from({ length: 25 }, (_, at) => `train ${at} ${at % 2 === 0 ? 'negative' : 'positive'}`),
  );
  expect(found.problems.filter(({ message }) => message.includes('both splits'))).toEqual([]);
});

test('a seed draws the same rows, more of them contain fewer, and another seed draws others', async () => {
  const [few, more, other] = [await read('sample=5'), await read('sample=15'), await read('sample=5@1')];
  expect(more.train).toEqual(expect.arrayContaining(few.train));
  expect(other.train).not.toEqual(few.train);
});

test('the preview has the steps that need no more than the first rows', async () => {
  const source = await detectReader(path);
  const shown = await inspectDataset({ ...source, options: { steps: 'drop-faulty; rename-label=neg:bad; sample=3' } });
  expect(shown).toMatchObject({ rowsRead: 60, faultyRows: 0, labels: ['bad', 'pos'] });
  const wrong = await inspectDataset({ ...source, options: { steps: 'drop-everything' } });
  expect(wrong?.misfit).toMatchObject({ message: 'steps: "drop-everything" is no step.' });
});

test.each(['sample', 'sample=0', 'sample=-1', 'sample=many', 'rename-label=a', 'rename-label=:b', 'x; drop-leaks'])(
  'no step: %s',
  (text) => {
    expect(parseDataSteps(text)).toMatch(/^".*" is no step\.$/);
  },
);
